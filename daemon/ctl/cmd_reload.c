/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static int run(const struct ctl *ctl)
{
	const struct client_question question = { .type = CONTROL_RELOAD };
	struct client_answer answer = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	int r = client_ask(ctl->socket_path, &question, &answer, why);

	if (r)
		return print_failure(r, why);
	r = ctl->is_json ? print_json(answer.json) : print_reload(answer.json);
	free(answer.json);
	if (r == CTL_OK && answer.status)
		r = CTL_FAILED;
	return r;
}

const struct cmd cmd_reload = {
	.name = "reload",
	.help = "read lsapid.conf again; requests under way are not disturbed",
	.run = run,
};
