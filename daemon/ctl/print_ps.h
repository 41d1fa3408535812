#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Processes for people. */

#include <jansson.h>
#include <stdbool.h>

struct ctl;

/** print_ps() - the document of lsapidctl ps. @has_daemon: the daemon's own processes, too */
void print_ps(const struct ctl *ctl, const json_t *document, bool has_daemon);
