#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to reload --dry-run, for people. */

#include <jansson.h>

#include "daemon/ctl/cmd.h"

/** print_dry_run() - problems, and what would change. Return: enum ctl_exit */
int print_dry_run(const struct ctl *ctl, const json_t *answer);
