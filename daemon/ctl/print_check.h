#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapidctl check finds, on stdout. */

#include <jansson.h>

struct ctl;

/** print_check() - @config: of STATUS; @criu: the answer to CRIU. Return: CTL_FAILED: a problem */
int print_check(const struct ctl *ctl, json_t *config, json_t *criu);
