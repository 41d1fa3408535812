#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to STATUS for people. */

#include <jansson.h>

struct ctl;

/** print_status() - Return: enum ctl_exit */
int print_status(const struct ctl *ctl, const json_t *answer);
