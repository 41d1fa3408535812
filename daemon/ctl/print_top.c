/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/amount.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/top.h"
#include "daemon/ctl/usage.h"

static void percent_cell(struct table *t, const json_t *o)
{
	if (json_object_get(o, "cpu_percent"))
		table_cell(t, TONE_PLAIN, "%.1f", answer_real(o, "cpu_percent"));
	else
		table_cell(t, TONE_DIM, "%s", "");
}

static void add_pool(struct table *t, const json_t *pool)
{
	const char *state = answer_text(pool, "state");
	char text[AMOUNT_SIZE];

	table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "name"));
	table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "user"));
	table_cell(t,
		strcmp(state, "failed") == 0  ? TONE_BAD
		: strcmp(state, "ready") == 0 ? TONE_GOOD
					      : TONE_DIM,
		"%s", state);
	table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "busy"));
	table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "idle"));
	table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "children"));
	table_cell(t, answer_number(pool, "waiting") ? TONE_WARN : TONE_PLAIN, "%lld",
		answer_number(pool, "waiting"));
	table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "requests"));
	table_cell(t, answer_number(pool, "errors") ? TONE_WARN : TONE_PLAIN, "%lld",
		answer_number(pool, "errors"));
	percent_cell(t, pool);
	table_cell(t, TONE_PLAIN, "%s", usage_memory(pool, text));
	if (answer_number(pool, "pid"))
		table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "pid"));
	else
		table_cell(t, TONE_DIM, "%s", "");
}

static void print_pools(const struct term *term, const json_t *pools)
{
	static const struct table_column columns[] = {
		{ .title = "POOL", .least = 12, .is_name = true },
		{ .title = "USER", .least = 8 },
		{ .title = "STATE" },
		{ .title = "BUSY", .is_right = true },
		{ .title = "IDLE", .is_right = true, .rank = 4 },
		{ .title = "LIMIT", .is_right = true, .rank = 1 },
		{ .title = "QUEUE", .is_right = true },
		{ .title = "REQUESTS", .is_right = true, .rank = 3 },
		{ .title = "ERRORS", .is_right = true, .rank = 2 },
		{ .title = "CPU%", .is_right = true },
		{ .title = "MEMORY", .is_right = true },
		{ .title = "PID", .is_right = true, .rank = 5 },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	json_t *pool;
	size_t i;

	json_array_foreach(pools, i, pool) add_pool(t, pool);
	table_print(t, term);
	(void)table_free(t);
}

static void add_request(struct table *t, const json_t *o)
{
	char text[AMOUNT_SIZE];

	table_cell(t, TONE_PLAIN, "%s", answer_text(o, "vhost"));
	table_cell(t, TONE_PLAIN, "%s", answer_text(o, "method"));
	table_cell(t, TONE_PLAIN, "%s", answer_text(o, "uri"));
	table_cell(t, TONE_PLAIN, "%s", answer_text(o, "script"));
	table_cell(t, TONE_PLAIN, "%s", amount_age(answer_real(o, "since_s"), text));
	table_cell(t, TONE_PLAIN, "%lld", answer_number(o, "pid"));
	percent_cell(t, o);
	table_cell(t, TONE_PLAIN, "%s", usage_memory(o, text));
}

static void print_requests(const struct term *term, const json_t *answer)
{
	static const struct table_column columns[] = {
		{ .title = "VHOST", .least = 12, .is_name = true },
		{ .title = "METHOD" },
		{ .title = "URI", .least = 12 },
		{ .title = "SCRIPT", .least = 10, .rank = 1 },
		{ .title = "SINCE", .is_right = true },
		{ .title = "PID", .is_right = true },
		{ .title = "CPU%", .is_right = true },
		{ .title = "MEMORY", .is_right = true },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	json_t *requests = top_requests(answer), *request;
	size_t i;

	json_array_foreach(requests, i, request) add_request(t, request);
	table_print(t, term);
	(void)table_free(t);
	json_decref(requests);
}

static void print_head(const struct top *t, const struct term *term)
{
	const json_t *daemon = json_object_get(t->answer, "daemon");
	const json_t *totals = json_object_get(t->answer, "totals");
	char up[AMOUNT_SIZE], memory[AMOUNT_SIZE];

	term_print(term, TONE_HEAD, "lsapid %s", answer_text(daemon, "version"));
	term_line(term, TONE_PLAIN,
		", up %s; %lld pools, %lld of %lld connections, %lld processes, memory %s",
		amount_age(answer_real(daemon, "uptime_s"), up), answer_number(totals, "pools"),
		answer_number(totals, "connections"), answer_number(daemon, "max_children_total"),
		answer_number(totals, "processes"), usage_memory(totals, memory));
	if (*t->why)
		term_line(term, TONE_BAD, "no answer: %s", t->why);
	else
		term_line(term, TONE_DIM, "%s by %s%s%s%s", t->has_requests ? "requests" : "pools",
			t->has_requests ? "since" : t->sort, t->is_reverse ? ", reversed" : "",
			*t->filter ? ", only " : "", t->filter);
}

/* A word without wildcards means all names that have it. */
static void take_filter(const struct top *t, struct select *s, char *pattern, size_t size)
{
	*s = t->select;
	if (!*t->filter)
		return;
	(void)snprintf(pattern, size, strpbrk(t->filter, "*?[") ? "%s" : "*%s*", t->filter);
	s->vhost = pattern;
}

void top_print(const struct top *t, const struct ctl *ctl)
{
	json_t *shown = json_copy(t->answer); /* its arrays are shared: select makes new ones */
	char pattern[TOP_FILTER_SIZE + 2];
	struct select s;

	take_filter(t, &s, pattern, sizeof(pattern));
	(void)select_pools(&s, shown);
	select_sort(shown, t->sort, t->is_reverse);
	print_head(t, &ctl->term);
	(void)putchar('\n');
	if (t->has_requests)
		print_requests(&ctl->term, shown);
	else
		print_pools(&ctl->term, json_object_get(shown, "pools"));
	json_decref(shown);
}
