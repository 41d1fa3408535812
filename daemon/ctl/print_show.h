#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapidctl show and lsapidctl explain print. */

#include "daemon/ctl/answer.h"

/** print_show() - each of @pools, or the JSON of all of them. Return: enum ctl_exit */
int print_show(const struct ctl *ctl, json_t *pools);
