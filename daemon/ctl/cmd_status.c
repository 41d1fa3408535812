/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_status.h"

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct client_question question = { .type = CONTROL_STATUS };

	(void)args;
	return answer_show(ctl, &question, print_status);
}

const struct cmd cmd_status = {
	.name = "status",
	.help = "daemon, pools with their PHP processes, and Apache processes",
	.run = run,
};
