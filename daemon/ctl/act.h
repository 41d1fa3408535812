#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What lsapidctl setup and its like do, and switch_mod_lsapi by other words: the panel of the host
 * is looked at, and what it does not support is refused.
 */

#include "daemon/ctl/cmd.h"
#include "daemon/ctl/host/host.h"

/** act_run() - @operand: of options that have one. Return: enum ctl_exit */
int act_run(const struct ctl *ctl, enum matrix_option option, const struct host_options *options,
	const char *operand);

/** act_check_php() - in cmd_check_php.c. Return: enum ctl_exit */
int act_check_php(const struct ctl *ctl, const struct host *h);

/** act_stat() - in cmd_stat.c. Return: enum ctl_exit */
int act_stat(const struct ctl *ctl, const struct host *h);

/* The options that all of these commands have; they begin the table of each. */
enum {
	ACT_ROOT,
	ACT_VERBOSE,
	ACT_OPTION_COUNT
};

#define ACT_OPTIONS                                                                                \
	[ACT_ROOT] = { "root", 0, "DIR",                                                           \
		"look at the host whose root directory that is; run nothing" },                    \
	[ACT_VERBOSE] = { "verbose", 'v', NULL, "say each step" }
