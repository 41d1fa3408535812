/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_dry_run.h"

enum {
	DRY_RUN
};

static const struct args_option options[] = {
	[DRY_RUN] = { "dry-run", 'n', NULL, "say what it would do, and change nothing" },
	{ NULL, 0, NULL, NULL },
};

static int print(const struct ctl *ctl, const json_t *answer)
{
	term_line(&ctl->term, TONE_PLAIN, "%s", answer_or_dash(answer, "detail"));
	return CTL_OK;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct client_question reload = { .type = CONTROL_RELOAD };
	const struct client_question trial = {
		.type = CONTROL_STEER,
		.steer = { .action = CONTROL_STEER_TRY },
	};

	return args_has(args, DRY_RUN) ? answer_show(ctl, &trial, print_dry_run)
				       : answer_show(ctl, &reload, print);
}

const struct cmd cmd_reload = {
	.name = "reload",
	.help = "read lsapid.conf again; requests under way are not disturbed",
	.options = options,
	.run = run,
};
