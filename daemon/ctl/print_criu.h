#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Answers to CRIU, for people. Return: enum ctl_exit. */

#include <jansson.h>

struct ctl;

int print_criu_check(const struct ctl *ctl, const json_t *o);
int print_criu_list(const struct ctl *ctl, const json_t *o);
int print_criu_reset(const struct ctl *ctl, const json_t *o);
int print_criu_freeze(const struct ctl *ctl, const json_t *o);
