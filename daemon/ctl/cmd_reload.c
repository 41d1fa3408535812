/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"

static int print(const struct ctl *ctl, const json_t *answer)
{
	term_line(&ctl->term, TONE_PLAIN, "%s", answer_or_dash(answer, "detail"));
	return CTL_OK;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct client_question question = { .type = CONTROL_RELOAD };

	(void)args;
	return answer_show(ctl, &question, print);
}

const struct cmd cmd_reload = {
	.name = "reload",
	.help = "read lsapid.conf again; requests under way are not disturbed",
	.run = run,
};
