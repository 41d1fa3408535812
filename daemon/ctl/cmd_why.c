/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static int run(const struct ctl *ctl)
{
	const struct client_question question = {
		.type = CONTROL_WHY,
		.what = ctl->argument ? ctl->argument : "",
	};
	struct client_answer answer = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	int r;

	if (strlen(question.what) > CONTROL_MAX_NAME) {
		(void)fprintf(
			stderr, "lsapidctl: no name is longer than %u bytes\n", CONTROL_MAX_NAME);
		return CTL_USAGE;
	}
	r = client_ask(ctl->socket_path, &question, &answer, why);
	if (r)
		return print_failure(r, why);
	r = ctl->is_json ? print_json(answer.json) : print_why(answer.json);
	free(answer.json);
	if (r == CTL_OK && answer.status)
		r = CTL_FAILED;
	return r;
}

const struct cmd cmd_why = {
	.name = "why",
	.argument = "[POOL]",
	.max_arguments = 1,
	.help = "why requests were refused: the last of a pool or user, or of the host",
	.run = run,
};
