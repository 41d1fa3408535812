/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_criu.h"

enum {
	ALL
};

static const struct args_option reset_options[] = {
	[ALL] = { "all", 0, NULL, "of all pools" },
	{ NULL, 0, NULL, NULL },
};

static const struct cmd_exit check_exits[] = {
	{ CTL_FAILED, "CRIU does not work here" },
	{ CTL_OK, NULL },
};

static int ask(
	const struct ctl *ctl, enum control_criu_what what, const char *pool, answer_print_fn print)
{
	const struct client_question q = { .type = CONTROL_CRIU, .criu = what, .what = pool };

	if (strlen(pool) > CONTROL_MAX_NAME) {
		term_error("criu: no pool has so long a name");
		return CTL_USAGE;
	}
	return answer_show(ctl, &q, print);
}

static int check(const struct ctl *ctl, const struct args *args)
{
	(void)args;
	return ask(ctl, CONTROL_CRIU_CHECK, "", print_criu_check);
}

static int list(const struct ctl *ctl, const struct args *args)
{
	(void)args;
	return ask(ctl, CONTROL_CRIU_LIST, "", print_criu_list);
}

static int reset(const struct ctl *ctl, const struct args *args)
{
	const char *pool = args_operand(args, 0);

	if (args_has(args, ALL) == (pool != NULL)) {
		term_error("criu reset: of which POOL, or --all");
		return CTL_USAGE;
	}
	return pool ? ask(ctl, CONTROL_CRIU_RESET, pool, print_criu_reset)
		    : ask(ctl, CONTROL_CRIU_RESET_ALL, "", print_criu_reset);
}

static int freeze(const struct ctl *ctl, const struct args *args)
{
	return ask(ctl, CONTROL_CRIU_FREEZE, args->operand[0], print_criu_freeze);
}

static const struct cmd cmd_check_criu = {
	.name = "check",
	.help = "does CRIU work here; if not, why, and what can be done",
	.exits = check_exits,
	.run = check,
};

static const struct cmd cmd_freeze = {
	.name = "freeze",
	.operands = "POOL",
	.min_operands = 1,
	.max_operands = 1,
	.help = "write an image of a pool that runs and is idle, now",
	.run = freeze,
};

static const struct cmd cmd_list = {
	.name = "list",
	.help = "all images of frozen PHP",
	.run = list,
};

static const struct cmd cmd_reset = {
	.name = "reset",
	.operands = "[POOL]",
	.max_operands = 1,
	.help = "remove images; the next start of the pool is a cold one",
	.options = reset_options,
	.run = reset,
};

static const struct cmd *const words[] = {
	&cmd_check_criu,
	&cmd_freeze,
	&cmd_list,
	&cmd_reset,
	NULL,
};

const struct cmd cmd_criu = {
	.name = "criu",
	.help = "does CRIU work here; images of frozen PHP: see, remove, write one now",
	.words = words,
	.exits = check_exits,
	.run = check,
};
