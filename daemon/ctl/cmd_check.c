/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_check.h"

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct client_question status = { .type = CONTROL_STATUS };
	const struct client_question criu = {
		.type = CONTROL_CRIU,
		.criu = CONTROL_CRIU_CHECK,
		.what = "",
	};
	json_t *state = NULL, *freezing = NULL;
	uint32_t ignored;
	int r = answer_ask(ctl, &status, &state, &ignored);

	(void)args;
	if (!r)
		r = answer_ask(ctl, &criu, &freezing, &ignored);
	if (!r)
		r = print_check(ctl, json_object_get(state, "config"), freezing);
	json_decref(freezing);
	json_decref(state);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "there is a problem" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_check = {
	.name = "check",
	.help = "what is wrong with the configuration; does CRIU work here",
	.exits = exits,
	.run = run,
};
