/* SPDX-License-Identifier: Apache-2.0 */

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/base/str.h"
#include "daemon/ctl/top_screen.h"
#include "daemon/ctl/watch.h"

enum {
	BATCH,
	DELAY,
	ITERATIONS,
	ONCE,
	REQUESTS,
	REVERSE,
	SORT,
	USER
};

static const struct args_option options[] = {
	[BATCH] = { "batch", 'b', NULL, "text on stdout, one look after the other" },
	[DELAY] = { "delay", 'd', "SECONDS", "between two looks; 1" },
	[ITERATIONS] = { "iterations", 'n', "N", "end after so many looks; with --batch" },
	[ONCE] = { "once", '1', NULL, "the same as --batch --iterations 1" },
	[REQUESTS] = { "requests", 0, NULL, "begin with requests that run now, not with pools" },
	[REVERSE] = { "reverse", 'r', NULL, "the other way round" },
	[SORT] = { "sort", 0, SELECT_KEYS, "pools by this column; busy" },
	[USER] = { "user", 'u', "USER", "only pools of this user, a name or a number" },
	{ NULL, 0, NULL, NULL },
};

/** What a batch still has to do. */
struct batch {
	struct top *top; /* borrowed */
};

static int look(const struct ctl *ctl, struct top *t)
{
	int r = top_look(t, ctl);

	if (r != CTL_OK)
		term_error("%s", t->why);
	return r;
}

static json_t *document(const struct top *t)
{
	return json_pack("{s:O?, s:O?, s:o}", "daemon", json_object_get(t->answer, "daemon"),
		"totals", json_object_get(t->answer, "totals"), "requests",
		top_requests(t->answer));
}

static int print_batch(const struct ctl *ctl, void *data)
{
	struct batch *b = data;
	json_t *o;
	int r = look(ctl, b->top);

	if (r != CTL_OK)
		return r;
	if (!ctl->is_json) {
		top_print(b->top, ctl);
		return CTL_OK;
	}
	o = document(b->top);
	r = answer_dump(o);
	json_decref(o);
	return r;
}

/* Return: false, and it is said what is wrong */
static bool read_times(const struct args *args, uint64_t *ret_delay_ms, uint64_t *ret_looks)
{
	const char *looks = args_text(args, ITERATIONS, args_has(args, ONCE) ? "1" : "");

	*ret_looks = 0;
	if (*looks && !str_parse_uint(looks, 1, UINT32_MAX, ret_looks)) {
		term_error("--iterations: \"%s\" is no number from 1", looks);
		return false;
	}
	return watch_parse(args_text(args, DELAY, "1"), ret_delay_ms);
}

static int run_top(const struct ctl *ctl, const struct args *args, struct top *t)
{
	bool is_batch = args_has(args, BATCH) || args_has(args, ONCE) || ctl->is_json;
	struct batch batch = { .top = t };
	uint64_t delay_ms, looks;
	int r;

	if (!read_times(args, &delay_ms, &looks))
		return CTL_USAGE;
	if (is_batch)
		return watch_repeat(ctl, delay_ms, looks, print_batch, &batch);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	if (!ctl->term.columns || !isatty(STDIN_FILENO)) {
		term_error("top: this is no terminal: try --batch or --once");
		return CTL_USAGE;
	}
	r = look(ctl, t);
	return r == CTL_OK ? top_screen_run(t, ctl, delay_ms) : r;
}

static int run(const struct ctl *ctl, const struct args *args)
{
	const char *user = args_text(args, USER, NULL);
	struct top t = {
		.select = {
			.patterns = args->operand,
			.pattern_count = args->operand_count,
			.has_user = user != NULL,
		},
		.sort = args_text(args, SORT, "busy"),
		.is_reverse = args_has(args, REVERSE),
		.has_requests = args_has(args, REQUESTS),
	};
	int r;

	if (user && !select_user(user, &t.select.uid)) {
		term_error("no such user: %s", user);
		return CTL_NO_MATCH;
	}
	r = run_top(ctl, args, &t);
	top_deinit(&t);
	return r;
}

static const struct cmd_exit exits[] = {
	{ CTL_NO_MATCH, "there is no such user" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_top = {
	.name = "top",
	.operands = "[POOL]...",
	.max_operands = 1000,
	.help = "pools and the requests that run now, live on a full screen",
	.more = "The key h shows all keys. POOL is a number, a name, or a pattern with * and ?.",
	.options = options,
	.exits = exits,
	.run = run,
};
