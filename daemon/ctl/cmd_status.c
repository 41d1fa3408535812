/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/answer.h"
#include "daemon/ctl/print_status.h"
#include "daemon/ctl/select.h"
#include "daemon/ctl/usage.h"
#include "daemon/ctl/watch.h"

enum {
	BUSY,
	HANDLER,
	REVERSE,
	SORT,
	STATE,
	USER,
	VHOST,
	WATCH
};

static const struct args_option options[] = {
	[BUSY] = { "busy", 'b', NULL, "only pools with a request that runs or waits" },
	[HANDLER] = { "handler", 0, "HANDLER", "only pools of this PHP" },
	[REVERSE] = { "reverse", 'r', NULL, "the other way round" },
	[SORT] = { "sort", 0, SELECT_KEYS, "by this column" },
	[STATE] = { "state", 0, "cold|starting|ready|draining|failed", "only pools in this state" },
	[USER] = { "user", 'u', "USER", "only pools of this user, a name or a number" },
	[VHOST] = { "vhost", 'v', "PATTERN", "only pools of such a name, with * and ?" },
	[WATCH] = { "watch", 'w', "[SECONDS]", "again and again, until ^C" },
	{ NULL, 0, NULL, NULL },
};

/** What is shown, and how. */
struct wish {
	struct select select;
	const char *sort; /* borrowed: argv */
	bool is_reverse;
};

static int draw(const struct ctl *ctl, void *data)
{
	const struct wish *wish = data;
	json_t *answer = NULL;
	size_t shown;
	int r = usage_ask(ctl, &answer);

	if (r != CTL_OK)
		return r;
	shown = select_pools(&wish->select, answer);
	select_sort(answer, wish->sort, wish->is_reverse);
	r = shown || select_is_any(&wish->select) ? CTL_OK : CTL_NO_MATCH;
	if (!ctl->is_json)
		print_status(ctl, answer, select_is_any(&wish->select));
	else if (answer_dump(answer) != CTL_OK)
		r = CTL_FAILED;
	json_decref(answer);
	return r;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *user = args_text(args, USER, NULL);
	struct wish wish = {
		.select = {
			.patterns = args->operand,
			.pattern_count = args->operand_count,
			.vhost = args_text(args, VHOST, NULL),
			.has_user = user != NULL,
			.state = args_text(args, STATE, NULL),
			.handler = args_text(args, HANDLER, NULL),
			.is_busy = args_has(args, BUSY),
		},
		.sort = args_text(args, SORT, "name"),
		.is_reverse = args_has(args, REVERSE),
	};
	uint64_t interval_ms;

	if (user && !select_user(user, &wish.select.uid)) {
		term_error("no such user: %s", user);
		return CTL_NO_MATCH;
	}
	if (!args_has(args, WATCH))
		return draw(ctl, &wish);
	if (!watch_parse(args_text(args, WATCH, ""), &interval_ms))
		return CTL_USAGE;
	return watch_run(ctl, interval_ms, draw, &wish);
}

static const struct cmd_exit exits[] = {
	{ CTL_NO_MATCH, "no pool matches, or there is no such user" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_status = {
	.name = "status",
	.operands = "[POOL]...",
	.max_operands = 1000,
	.help = "the daemon, pools with their figures, and Apache processes",
	.more = "POOL is a number, a name, or a pattern with * and ?; of several, one has to match.",
	.options = options,
	.exits = exits,
	.run = run,
};
