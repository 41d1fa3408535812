/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/ctl/answer.h"

static int print(const struct ctl *ctl, const json_t *answer)
{
	if (*answer_text(answer, "detail")) { /* it was refused */
		term_error("log-level: %s", answer_text(answer, "detail"));
		return CTL_OK;
	}
	term_line(&ctl->term, TONE_PLAIN, "%s%s%s%s", answer_or_dash(answer, "level"),
		answer_is(answer, "is_set") ? " (until the next reload; lsapid.conf has " : "",
		answer_is(answer, "is_set") ? answer_or_dash(answer, "configured") : "",
		answer_is(answer, "is_set") ? ")" : "");
	return CTL_OK;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *level = args_operand(args, 0);
	struct client_question q = {
		.type = CONTROL_STEER,
		.steer = { .action = CONTROL_STEER_LOG_LEVEL },
	};

	if (level) {
		q.steer.text.data = (const uint8_t *)level;
		q.steer.text.size = strlen(level);
	}
	if (q.steer.text.size > CONTROL_MAX_NAME) {
		term_error("log-level: no level has so long a name");
		return CTL_USAGE;
	}
	return answer_show(ctl, &q, print);
}

const struct cmd cmd_log_level = {
	.name = "log-level",
	.operands = "[error|warn|notice|info|debug]",
	.max_operands = 1,
	.help = "which lines the log has: show the level, or set it until the next reload",
	.run = run,
};
