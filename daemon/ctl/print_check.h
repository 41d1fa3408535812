#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapidctl check prints. */

#include "daemon/ctl/check/check.h"
#include "daemon/ctl/cmd.h"

/** print_check() - findings, and how many of each kind. @is_all: good ones, too, for people
 * Return: CTL_OK; CTL_FAILED: memory */
int print_check(const struct ctl *ctl, const struct check *c, bool is_all);
