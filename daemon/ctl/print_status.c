/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ctl/amount.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/usage.h"

/** Of who is stopped; --json has all of them. */
#define STOPPED_SHOWN 20U

/* The administrator's own time, as in Apache's logs. */
static const char *when(long long ms, char *out, size_t size)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	if (!s || !localtime_r(&s, &tm) || !strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm))
		return "-";
	return out;
}

static void print_daemon(const struct term *t, const json_t *root)
{
	const json_t *daemon = json_object_get(root, "daemon");
	char up[AMOUNT_SIZE], at[64];

	term_print(t, TONE_HEAD, "lsapid %s", answer_or_dash(daemon, "version"));
	term_print(t, TONE_PLAIN, ", up since %s (%s), supervisor pid %lld, manager pid %lld",
		when(answer_number(daemon, "started_ms"), at, sizeof(at)),
		amount_age(answer_real(daemon, "uptime_s"), up),
		answer_number(daemon, "supervisor_pid"), answer_number(daemon, "manager_pid"));
	term_line(t, TONE_WARN, "%s", answer_is(daemon, "is_stopping") ? ", STOPPING" : "");
}

static void print_totals(const struct term *t, const json_t *root)
{
	const json_t *daemon = json_object_get(root, "daemon");
	const json_t *totals = json_object_get(root, "totals");
	char memory[AMOUNT_SIZE], cpu[AMOUNT_SIZE];
	long long children = answer_number(totals, "connections");
	long long ceiling = answer_number(daemon, "max_children_total");

	term_print(t, TONE_PLAIN, "%lld pools of at most %lld, ", answer_number(totals, "pools"),
		answer_number(daemon, "max_pools"));
	term_print(t, children >= ceiling ? TONE_WARN : TONE_PLAIN,
		"%lld connections of at most %lld", children, ceiling);
	term_line(t, TONE_PLAIN, ", %lld Apache processes", answer_number(totals, "sessions"));
	term_line(t, TONE_PLAIN,
		"leases %lld (idle %lld, revoked %lld, connected %lld, started %lld, queued %lld)",
		answer_number(totals, "leases"), answer_number(totals, "granted_idle"),
		answer_number(totals, "granted_revoked"),
		answer_number(totals, "granted_connected"),
		answer_number(totals, "granted_started"), answer_number(totals, "queued"));
	if (answer_number(totals, "processes"))
		term_line(t, TONE_PLAIN, "%lld PHP processes, memory %s, processor %s",
			answer_number(totals, "processes"), usage_memory(totals, memory),
			amount_time(answer_real(totals, "cpu_s"), cpu));
}

/* Where it is off, nobody need read of it each time. */
static void print_criu_state(const struct term *t, const json_t *criu)
{
	const char *state = answer_text(criu, "state"), *reason = answer_text(criu, "reason");

	if (strcmp(state, "works") == 0)
		term_line(t, TONE_PLAIN, "criu: works, %s", answer_text(criu, "version"));
	else if (strcmp(state, "off") != 0)
		term_line(t, TONE_WARN, "criu: %s%s%s", state, *reason ? ", " : "", reason);
}

/* "rejects: busy 12, backoff 3": only what there was */
static void print_counts(const struct term *t, const char *title, json_t *counts)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	if (json_object_size(counts) == 0)
		return;
	term_print(t, TONE_WARN, "%s: ", title);
	json_object_foreach(counts, key, value)
	{
		term_print(t, TONE_WARN, "%s%s %lld", separator, key,
			(long long)json_integer_value(value));
		separator = ", ";
	}
	term_line(t, TONE_PLAIN, "%s", "");
}

/* Of a pool that was frozen, or thawed, or could have been. */
static void note_criu(struct table *t, const json_t *criu)
{
	const char *dropped = answer_text(criu, "image_dropped");
	const char *started = answer_text(criu, "started");
	char cold[48] = "", thawed[48] = "", image[64] = "";

	if (!answer_number(criu, "freezes") && !answer_number(criu, "thawed_ms") &&
		!answer_number(criu, "failures") && !*dropped && strcmp(started, "thawed") != 0)
		return;
	if (answer_number(criu, "cold_ms"))
		(void)snprintf(
			cold, sizeof(cold), "cold %lld ms; ", answer_number(criu, "cold_ms"));
	if (answer_number(criu, "thawed_ms"))
		(void)snprintf(thawed, sizeof(thawed), "thawed %lld ms; ",
			answer_number(criu, "thawed_ms"));
	if (answer_number(criu, "image_bytes"))
		(void)snprintf(image, sizeof(image), "image %.1f MiB in %lld ms; ",
			(double)answer_number(criu, "image_bytes") / 1048576.0,
			answer_number(criu, "freeze_ms"));
	table_note(t, TONE_PLAIN, "criu %s: %s%s%s%s%s%s", answer_or_dash(criu, "mode"), started,
		*started ? " start; " : "", cold, thawed, image, answer_text(criu, "why_not_text"));
	if (answer_number(criu, "failures"))
		table_note(t, TONE_WARN, "freezing failed: %s", answer_or_dash(criu, "problem"));
	if (*dropped)
		table_note(t, TONE_WARN, "image not used: %s", dropped);
}

static void note_problems(struct table *t, const json_t *pool)
{
	const json_t *failure = json_object_get(pool, "failure");

	if (*answer_text(pool, "user_file_problem"))
		table_note(t, TONE_WARN, "user file: %s", answer_text(pool, "user_file_problem"));
	if (answer_is(pool, "has_uid_limit_warning"))
		table_note(t, TONE_WARN,
			"uid limit warning: children should be < NPROC: %lld children (%s), "
			"%s is %lld",
			answer_number(pool, "children"), answer_or_dash(pool, "children_from"),
			answer_or_dash(pool, "process_limit_from"),
			answer_number(pool, "process_limit"));
	if (!failure)
		return;
	table_note(t, TONE_BAD, "%s %s: %s", answer_or_dash(failure, "reason"),
		answer_text(failure, "detail"), answer_or_dash(failure, "text"));
	table_note(t, TONE_PLAIN, "remedy: %s", answer_or_dash(failure, "remedy"));
}

static enum term_tone state_tone(const char *state)
{
	if (strcmp(state, "ready") == 0)
		return TONE_GOOD;
	if (strcmp(state, "failed") == 0)
		return TONE_BAD;
	return strcmp(state, "cold") == 0 ? TONE_DIM : TONE_WARN;
}

/* What an older daemon does not tell is no 0. */
static void number_cell(struct table *t, const json_t *o, const char *key, enum term_tone tone)
{
	if (json_is_integer(json_object_get(o, key)))
		table_cell(t, answer_number(o, key) ? tone : TONE_PLAIN, "%lld",
			answer_number(o, key));
	else
		table_cell(t, TONE_DIM, "%s", "");
}

static void pid_cell(struct table *t, const json_t *pool)
{
	if (answer_number(pool, "pid"))
		number_cell(t, pool, "pid", TONE_PLAIN);
	else
		table_cell(t, TONE_DIM, "%s", "");
}

static void add_pool(struct table *t, const json_t *pool)
{
	const char *state = answer_text(pool, "state");
	char text[AMOUNT_SIZE];

	number_cell(t, pool, "id", TONE_PLAIN);
	table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "name"));
	if (*answer_text(pool, "user"))
		table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "user"));
	else
		number_cell(t, pool, "uid", TONE_PLAIN);
	table_cell(t, TONE_PLAIN, "%s", answer_text(pool, "handler"));
	table_cell(t, state_tone(state), "%s", state);
	table_cell(t, TONE_PLAIN, "%s", amount_age(answer_real(pool, "state_s"), text));
	number_cell(t, pool, "busy", TONE_PLAIN);
	number_cell(t, pool, "idle", TONE_PLAIN);
	number_cell(t, pool, "children", TONE_PLAIN);
	number_cell(t, pool, "waiting", TONE_WARN);
	number_cell(t, pool, "requests", TONE_PLAIN);
	number_cell(t, pool, "errors", TONE_WARN);
	number_cell(t, pool, "rejects", TONE_WARN);
	number_cell(t, pool, "restarts", TONE_PLAIN);
	number_cell(t, pool, "cold_starts", TONE_PLAIN);
	number_cell(t, pool, "thawed_starts", TONE_PLAIN);
	table_cell(t, TONE_PLAIN, "%s", usage_memory(pool, text));
	table_cell(t, TONE_PLAIN, "%s",
		json_is_real(json_object_get(pool, "cpu_s"))
			? amount_time(answer_real(pool, "cpu_s"), text)
			: "");
	pid_cell(t, pool);
	note_criu(t, json_object_get(pool, "criu"));
	note_problems(t, pool);
}

static void print_pools(const struct term *term, const json_t *pools)
{
	static const struct table_column columns[] = {
		{ .title = "POOL", .is_right = true, .rank = 6 },
		{ .title = "NAME", .least = 12, .is_name = true },
		{ .title = "USER", .least = 8 },
		{ .title = "HANDLER", .least = 6, .rank = 5 },
		{ .title = "STATE" },
		{ .title = "SINCE", .is_right = true, .rank = 3 },
		{ .title = "BUSY", .is_right = true },
		{ .title = "IDLE", .is_right = true, .rank = 2 },
		{ .title = "LIMIT", .is_right = true },
		{ .title = "QUEUE", .is_right = true },
		{ .title = "REQUESTS", .is_right = true, .rank = 1 },
		{ .title = "ERRORS", .is_right = true, .rank = 1 },
		{ .title = "REJECTS", .is_right = true, .rank = 4 },
		{ .title = "RESTARTS", .is_right = true, .rank = 7 },
		{ .title = "COLD", .is_right = true, .rank = 9 },
		{ .title = "THAWED", .is_right = true, .rank = 10 },
		{ .title = "MEMORY", .is_right = true },
		{ .title = "CPU", .is_right = true },
		{ .title = "PID", .is_right = true, .rank = 8 },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *pool;

	json_array_foreach(pools, i, pool) add_pool(t, pool);
	table_print(t, term);
	(void)table_free(t);
}

static void print_sessions(const struct term *term, const json_t *sessions)
{
	static const struct table_column columns[] = {
		{ .title = "SESSION", .is_right = true },
		{ .title = "SERVER", .least = 16 },
		{ .title = "PID", .is_right = true },
		{ .title = "UID", .is_right = true },
		{ .title = "AGE", .is_right = true },
		{ .title = "LEASES", .is_right = true },
		{ .title = "BUSY", .is_right = true },
		{ .title = "WAIT", .is_right = true },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	char since[AMOUNT_SIZE];
	size_t i;
	json_t *s;

	json_array_foreach(sessions, i, s)
	{
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "id"));
		table_cell(t, TONE_PLAIN, "%s", answer_text(s, "server"));
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "pid"));
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "uid"));
		table_cell(t, TONE_PLAIN, "%s", amount_age(answer_real(s, "age_s"), since));
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "leases"));
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "busy"));
		table_cell(t, TONE_PLAIN, "%lld", answer_number(s, "waiting"));
	}
	if (i)
		term_line(term, TONE_PLAIN, "%s", "");
	table_print(t, term);
	(void)table_free(t);
}

static void print_config(const struct term *t, const json_t *config)
{
	const json_t *problems = json_object_get(config, "problems");
	size_t i;
	json_t *p;

	if (!json_array_size(problems))
		term_line(
			t, TONE_GOOD, "configuration: %s is good", answer_or_dash(config, "file"));
	json_array_foreach(problems, i, p)
	{
		term_line(t, TONE_BAD, "problem: %s:%lld: %s, %s (%s)", answer_or_dash(p, "file"),
			answer_number(p, "line"), answer_or_dash(p, "what"),
			answer_or_dash(p, "remedy"),
			answer_is(p, "is_kept") ? "its last good version goes on" : "left out");
	}
}

static void print_replacing(const struct term *t, const json_t *r)
{
	if (answer_number(r, "waiting") || answer_number(r, "draining"))
		term_line(t, TONE_WARN, "replacing: %lld of %lld pools done, as %s has changed",
			answer_number(r, "done"), answer_number(r, "pools"),
			answer_or_dash(r, "path"));
}

/* One line, whatever there is: it has to be read at a glance. */
static void print_stopped(const struct term *t, const json_t *stopped)
{
	size_t count = json_array_size(stopped), i;
	json_t *mark;

	if (!count)
		return;
	term_print(t, TONE_WARN, "stopped until lsapidctl warm or restart: ");
	json_array_foreach(stopped, i, mark)
	{
		const char *name = answer_text(mark, "name"), *user = answer_text(mark, "user");
		char number[24];

		if (i == STOPPED_SHOWN)
			break;
		(void)snprintf(number, sizeof(number), "uid %lld", answer_number(mark, "uid"));
		term_print(t, TONE_WARN, "%s%s%s%s", i ? ", " : "", *name ? name : "all", " of ",
			*user ? user : number);
	}
	if (count > STOPPED_SHOWN)
		term_print(t, TONE_WARN, " and %zu more", count - STOPPED_SHOWN);
	term_line(t, TONE_PLAIN, "%s", "");
}

static void print_log_level(const struct term *t, const json_t *daemon)
{
	if (answer_is(daemon, "is_log_level_set"))
		term_line(t, TONE_WARN,
			"log level: %s, by lsapidctl log-level, until the next reload or restart",
			answer_or_dash(daemon, "log_level"));
}

void print_status(const struct ctl *ctl, const json_t *answer, bool is_whole)
{
	const json_t *totals = json_object_get(answer, "totals");
	const json_t *pools = json_object_get(answer, "pools");
	const struct term *t = &ctl->term;

	if (!is_whole) {
		print_pools(t, pools);
		return;
	}
	print_daemon(t, answer);
	print_config(t, json_object_get(answer, "config"));
	print_log_level(t, json_object_get(answer, "daemon"));
	print_stopped(t, json_object_get(answer, "stopped"));
	print_totals(t, answer);
	print_criu_state(t, json_object_get(json_object_get(answer, "daemon"), "criu"));
	print_counts(t, "rejects", json_object_get(totals, "rejects"));
	print_replacing(t, json_object_get(answer, "replacing"));
	print_counts(t, "denials", json_object_get(totals, "denials"));
	if (json_array_size(pools))
		term_line(t, TONE_PLAIN, "%s", "");
	print_pools(t, pools);
	print_sessions(t, json_object_get(answer, "sessions"));
}
