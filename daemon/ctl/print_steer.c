/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_steer.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/table.h"

/* Pools that a line of progress names; the others are counted. */
#define PROGRESS_NAMES 3U

static const struct table_column columns[] = {
	{ .title = "POOL", .is_right = true },
	{ .title = "NAME", .least = 12, .is_name = true },
	{ .title = "USER", .least = 6 },
	{ .title = "DONE" },
	{ .title = "STATE" },
	{ .title = "OLD PID", .is_right = true },
	{ .title = "PID", .is_right = true },
};

static const struct {
	enum control_steer_action action;
	const char *word;
} words[] = {
	{ CONTROL_STEER_DRAIN, "drain" },
	{ CONTROL_STEER_RESTART, "restart" },
	{ CONTROL_STEER_STOP, "stop" },
	{ CONTROL_STEER_KILL, "kill" },
	{ CONTROL_STEER_WARM, "warm" },
};

const char *print_steer_word(enum control_steer_action action)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].action == action)
			return words[i].word;
	return "?";
}

static bool is_progress(const json_t *pool, const char *word)
{
	return strcmp(answer_text(pool, "progress"), word) == 0;
}

static void add_pid(struct table *t, long long pid)
{
	if (pid)
		table_cell(t, TONE_PLAIN, "%lld", pid);
	else
		table_cell(t, TONE_DIM, "%s", "");
}

static void add_row(struct table *t, const json_t *pool)
{
	long long running = answer_number(pool, "running");
	bool has_failed = is_progress(pool, "failed");
	bool is_done = is_progress(pool, "done");
	const char *user = answer_text(pool, "user");

	add_pid(t, answer_number(pool, "id"));
	table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "name"));
	if (*user)
		table_cell(t, TONE_PLAIN, "%s", user);
	else
		table_cell(t, TONE_PLAIN, "%lld", answer_number(pool, "uid"));
	table_cell(t,
		has_failed ? TONE_BAD
		: is_done  ? TONE_GOOD
			   : TONE_WARN,
		"%s", answer_text(pool, is_done ? "did" : "progress"));
	table_cell(t, TONE_PLAIN, "%s%s", answer_text(pool, "state"),
		answer_is(pool, "is_stopped") ? ", stopped" : "");
	add_pid(t, answer_number(pool, "old_pid"));
	add_pid(t, answer_number(pool, "pid"));
	if (*answer_text(pool, "detail"))
		table_note(
			t, has_failed ? TONE_BAD : TONE_PLAIN, "%s", answer_text(pool, "detail"));
	if (running && !is_done)
		table_note(t, TONE_WARN, "%lld connection%s of the old PHP left", running,
			running == 1 ? "" : "s");
}

int print_steer(const struct ctl *ctl, const json_t *answer)
{
	const json_t *pools = json_object_get(answer, "pools");
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *pool;

	/* it was refused as a whole */
	if (!pools) {
		term_error("%s", answer_or_dash(answer, "detail"));
		(void)table_free(t);
		return CTL_OK;
	}
	json_array_foreach(pools, i, pool) add_row(t, pool);
	table_print(t, &ctl->term);
	(void)table_free(t);
	if (!json_array_size(pools))
		term_line(&ctl->term, TONE_PLAIN, "noted; no pool of this user is known yet");
	if (strcmp(answer_text(answer, "errno"), "ETIMEDOUT") == 0)
		term_error("the time is over with %lld of %lld left; what was ordered goes on",
			answer_number(answer, "left"), answer_number(answer, "matched"));
	return CTL_OK;
}

void print_steer_progress(const struct ctl *ctl, const char *json)
{
	json_t *o = json_loads(json, 0, NULL);
	char names[512] = "";
	size_t used = 0, i, named = 0;
	json_t *pool;

	(void)ctl;
	json_array_foreach(json_object_get(o, "pools"), i, pool)
	{
		int n;

		if (!is_progress(pool, "under way") || named == PROGRESS_NAMES)
			continue;
		n = snprintf(names + used, sizeof(names) - used, "%s%.100s (%lld)",
			named ? ", " : ": ", answer_text(pool, "name"),
			answer_number(pool, "running"));
		used += n > 0 ? (size_t)n : 0;
		named++;
	}
	term_error("waiting for %lld of %lld%s%s", answer_number(o, "left"),
		answer_number(o, "matched"), names,
		answer_number(o, "left") > (long long)named ? ", ..." : "");
	json_decref(o);
}
