/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/cmd.h"
#include "daemon/ctl/print.h"

static int run(const struct ctl *ctl)
{
	const struct client_question status = { .type = CONTROL_STATUS };
	const struct client_question criu = {
		.type = CONTROL_CRIU,
		.criu = CONTROL_CRIU_CHECK,
		.what = "",
	};
	struct client_answer state = { .json = NULL }, freezing = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	int r = client_ask(ctl->socket_path, &status, &state, why);

	if (!r)
		r = client_ask(ctl->socket_path, &criu, &freezing, why);
	r = r ? print_failure(r, why) : print_check(state.json, freezing.json, ctl->is_json);
	free(state.json);
	free(freezing.json);
	return r;
}

const struct cmd cmd_check = {
	.name = "check",
	.help = "what is wrong with the configuration; does CRIU work here",
	.run = run,
};
