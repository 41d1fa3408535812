#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to WHY for people: who refused what, when, and what can be done. */

#include <jansson.h>

struct ctl;

/** print_why() - Return: enum ctl_exit */
int print_why(const struct ctl *ctl, const json_t *answer);
