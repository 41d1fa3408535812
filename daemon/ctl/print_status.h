#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to STATUS, with figures, for people. */

#include <jansson.h>
#include <stdbool.h>

struct ctl;

/** print_status() - @is_whole: else the pools that were picked, and nothing else */
void print_status(const struct ctl *ctl, const json_t *answer, bool is_whole);
