/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static int run(const struct ctl *ctl)
{
	const struct client_question question = { .type = CONTROL_STATUS };
	struct client_answer answer = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	int r = client_ask(ctl->socket_path, &question, &answer, why);

	if (r)
		return print_failure(r, why);
	r = ctl->is_json ? print_json(answer.json) : print_status(answer.json);
	free(answer.json);
	return r;
}

const struct cmd cmd_status = {
	.name = "status",
	.help = "daemon, pools with their PHP processes, and Apache processes",
	.run = run,
};
