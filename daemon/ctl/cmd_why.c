/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_why.h"

enum {
	USER,
	PATTERN
};

static const struct args_option options[] = {
	[USER] = { "user", 'u', "USER", "of all pools of a user" },
	[PATTERN] = { "pattern", 'p', "PATTERN", "of all pools whose names match; with * and ?" },
	{ NULL, 0, NULL, NULL },
};

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *given[] = { args_operand(args, 0), args->value[USER], args->value[PATTERN] };
	struct client_question question = { .type = CONTROL_WHY, .what = "" };
	int count = 0;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		question.what = given[i] ? given[i] : question.what;
		count += given[i] != NULL;
	}
	if (count > 1) {
		term_error("why: one of POOL, --user and --pattern");
		return CTL_USAGE;
	}
	if (strlen(question.what) > CONTROL_MAX_NAME) {
		term_error("no name is longer than %u bytes", CONTROL_MAX_NAME);
		return CTL_USAGE;
	}
	return answer_show(ctl, &question, print_why);
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "no pool or user matches" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_why = {
	.name = "why",
	.operands = "[POOL]",
	.max_operands = 1,
	.help = "why requests were refused: the last of a pool or user, or of the host",
	.more = "POOL is a number, a name, a pattern of names, or a user.",
	.options = options,
	.exits = exits,
	.run = run,
};
