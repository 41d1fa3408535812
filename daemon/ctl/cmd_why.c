/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_why.h"

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *what = args_operand(args, 0);
	const struct client_question question = { .type = CONTROL_WHY, .what = what ? what : "" };

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
	.exits = exits,
	.run = run,
};
