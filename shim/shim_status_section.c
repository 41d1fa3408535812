/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_section.h"

#include <string.h>

#include "proto/reason.h"
#include "shim/shim_status_cell.h"

/* --- figures ------------------------------------------------------------------------------ */

static void begin_figure(const struct shim_out *out, const char *title)
{
	shim_out_put(out, "<div><dt>");
	shim_out_put(out, title);
	shim_out_put(out, "</dt><dd>");
}

static void put_note(const struct shim_out *out, const char *text)
{
	shim_out_put(out, " <small>");
	shim_out_put(out, text);
	shim_out_put(out, "</small>");
}

static void end_figure(const struct shim_out *out)
{
	shim_out_put(out, "</dd></div>\n");
}

/* A number, and another that gives it its measure: "of", "at most". */
static void put_figure(const struct shim_out *out, const char *title, uint64_t count,
	const char *beside, uint64_t measure, const char *after)
{
	begin_figure(out, title);
	shim_status_put_count(out, count);
	shim_out_put(out, " <small>");
	shim_out_put(out, beside);
	shim_status_put_count(out, measure);
	shim_out_put(out, after);
	shim_out_put(out, "</small>");
	end_figure(out);
}

static void put_number(
	const struct shim_out *out, const char *title, uint64_t count, const char *note)
{
	begin_figure(out, title);
	shim_status_put_count(out, count);
	if (*note)
		put_note(out, note);
	end_figure(out);
}

/* Resident, and what else it has cost. */
static void put_usage(const struct shim_out *out, const struct shim_status_sums *s)
{
	shim_status_put_bytes(out, (double)s->rss_kib * 1024);
	shim_out_put(out, " <small>");
	shim_status_put_count(out, s->processes);
	shim_out_put(out, s->processes == 1 ? " process, CPU " : " processes, CPU ");
	shim_status_put_age(out, (double)s->cpu_s);
	shim_out_put(out, "</small>");
}

void shim_status_put_figures(const struct shim_out *out, const struct shim_status_view *v)
{
	const struct shim_status_sums *s = &v->sums;
	const json_t *rest = v->rest;

	shim_out_put(out, "<dl class=\"figures\">\n");
	begin_figure(out, "Up for");
	shim_status_put_age(out, shim_status_number(rest, "daemon.uptime_s"));
	shim_out_put(out, " <small>since ");
	shim_status_put_time(out, (time_t)(shim_status_count(rest, "daemon.started_ms") / 1000));
	shim_out_put(out, "</small>");
	end_figure(out);
	put_figure(out, "Pools with PHP", s->pools - s->cold, "of ", s->pools, " known");
	put_figure(out, "Children busy", s->busy, "of ", s->busy + s->idle, " there");
	put_figure(out, "Connections", shim_status_count(rest, "totals.connections"), "at most ",
		shim_status_count(rest, "daemon.max_children_total"), "");
	put_number(out, "In queues", s->waiting, "");
	put_figure(out, "Requests", s->requests, "", s->errors, " errors");
	put_number(out, "Refused", s->rejects, "");
	put_figure(out, "Starts of PHP", shim_status_count(rest, "totals.cold_starts"), "cold, ",
		shim_status_count(rest, "totals.thawed_starts"), " restored");
	begin_figure(out, "Memory of PHP");
	if (s->has_usage)
		put_usage(out, s);
	else
		shim_out_put(out, "\xe2\x80\x93");
	end_figure(out);
	put_number(out, "Apache", shim_status_count(rest, "totals.sessions"), "processes");
	shim_out_put(out, "</dl>\n");
}

/* --- troubles ----------------------------------------------------------------------------- */

static void put_remedy(const struct shim_out *out, const char *remedy)
{
	shim_out_put(out, "</p><p class=\"remedy\">");
	shim_out_text(out, remedy);
	shim_out_put(out, "</p></li>\n");
}

static void put_problem(const struct shim_out *out, const json_t *problem)
{
	shim_out_put(out, "<li><p><b>");
	shim_out_text(out, shim_status_text(problem, "file"));
	shim_out_put(out, ":");
	shim_out_number(out, shim_status_count(problem, "line"));
	shim_out_put(out, "</b> ");
	shim_out_text(out, shim_status_text(problem, "what"));
	shim_out_put(out, json_is_true(json_object_get(problem, "is_kept"))
				  ? " (its last good version goes on)"
				  : " (it is left out)");
	put_remedy(out, shim_status_text(problem, "remedy"));
}

static void begin_trouble(const struct shim_out *out, const json_t *pool)
{
	shim_out_put(out, "<li><p><b>");
	shim_out_text(out, shim_status_text(pool, "name"));
	shim_out_put(out, "</b> ");
}

static void put_failure(const struct shim_out *out, const json_t *pool, const json_t *failure)
{
	begin_trouble(out, pool);
	shim_out_text(out, shim_status_text(failure, "text"));
	shim_out_put(out, ": ");
	shim_out_text(out, shim_status_text(failure, "detail"));
	shim_out_put(out, " (");
	shim_status_put_count(out, shim_status_count(failure, "failures"));
	shim_out_put(out, " times, again in ");
	shim_status_put_age(out, shim_status_number(failure, "retry_after_s"));
	shim_out_put(out, ")");
	put_remedy(out, shim_status_text(failure, "remedy"));
}

static void put_limit(const struct shim_out *out, const json_t *pool)
{
	begin_trouble(out, pool);
	shim_status_put_count(out, shim_status_count(pool, "children"));
	shim_out_put(out, " children (");
	shim_out_text(out, shim_status_text(pool, "children_from"));
	shim_out_put(out, "), but the account may have ");
	shim_status_put_count(out, shim_status_count(pool, "process_limit"));
	shim_out_put(out, " processes (");
	shim_out_text(out, shim_status_text(pool, "process_limit_from"));
	shim_out_put(out, ")");
	put_remedy(out, "Raise the limit of processes, or lower that of children.");
}

static void put_trouble(const struct shim_out *out, const struct shim_status_pool *row)
{
	json_t *pool = shim_document_parse(row->at, row->size);
	const json_t *failure = json_object_get(pool, "failure");
	const char *own_file = shim_status_text(pool, "user_file_problem");

	if (json_is_object(failure))
		put_failure(out, pool, failure);
	if (*own_file) {
		begin_trouble(out, pool);
		shim_out_text(out, own_file);
		put_remedy(out, "The file is its user's; until it is mended, it has no effect.");
	}
	if (json_is_true(json_object_get(pool, "has_uid_limit_warning")))
		put_limit(out, pool);
	json_decref(pool);
}

static void put_replacing(const struct shim_out *out, const json_t *replacing)
{
	shim_out_put(out, "<li><p><b>");
	shim_out_text(out, shim_status_text(replacing, "path"));
	shim_out_put(out, "</b> has changed: ");
	shim_status_put_count(out, shim_status_count(replacing, "done"));
	shim_out_put(out, " of ");
	shim_status_put_count(out, shim_status_count(replacing, "pools"));
	shim_out_put(out, " pools have been replaced");
	put_remedy(out, "The others follow by themselves.");
}

/* By an administrator: who wonders why a site answers with 503 reads it here. */
static void put_stopped(const struct shim_out *out, const json_t *stopped)
{
	size_t count = json_array_size(stopped), i;
	json_t *mark;

	shim_out_put(out, "<li><p><b>Stopped</b> by an administrator: ");
	json_array_foreach(stopped, i, mark)
	{
		const char *name = shim_status_text(mark, "name");

		if (i == SHIM_STATUS_LIST)
			break;
		shim_out_put(out, i ? ", " : "");
		shim_out_text(out, *name ? name : "all");
		shim_out_put(out, " of ");
		shim_status_put_user(out, mark);
	}
	if (count > SHIM_STATUS_LIST) {
		shim_out_put(out, " and more: ");
		shim_status_put_count(out, count - SHIM_STATUS_LIST);
	}
	put_remedy(out, "lsapidctl warm lets them run again; warm --user all of a user.");
}

static void put_log_level(const struct shim_out *out, const char *level)
{
	shim_out_put(out, "<li><p><b>Log level ");
	shim_out_text(out, level);
	shim_out_put(out, "</b>, by lsapidctl log-level");
	put_remedy(out, "It holds until the next reload or restart.");
}

void shim_status_put_troubles(const struct shim_out *out, const struct shim_status_view *v)
{
	const json_t *problems = shim_status_find(v->rest, "config.problems");
	const json_t *replacing = json_object_get(v->rest, "replacing");
	bool is_replacing =
		shim_status_count(replacing, "waiting") || shim_status_count(replacing, "draining");
	size_t i;
	json_t *problem;

	const json_t *stopped = json_object_get(v->rest, "stopped");
	bool has_level = json_is_true(shim_status_find(v->rest, "daemon.is_log_level_set"));

	if (!json_array_size(problems) && !v->troubles && !is_replacing && !has_level &&
		!json_array_size(stopped))
		return;
	shim_out_put(out, "<section><h2>What needs attention</h2>\n<ul class=\"troubles\">\n");
	json_array_foreach(problems, i, problem)
	{
		if (i < SHIM_STATUS_LIST)
			put_problem(out, problem);
	}
	if (is_replacing)
		put_replacing(out, replacing);
	if (json_array_size(stopped))
		put_stopped(out, stopped);
	if (has_level)
		put_log_level(out, shim_status_text(v->rest, "daemon.log_level"));
	for (i = 0; i < v->troubles && i < SHIM_STATUS_LIST; i++)
		put_trouble(out, &v->trouble[i]);
	shim_out_put(out, "</ul>\n");
	shim_status_put_more(out, json_array_size(problems));
	shim_status_put_more(out, v->troubles);
	shim_out_put(out, "</section>\n");
}

/* --- requests ----------------------------------------------------------------------------- */

static void put_request(const struct shim_out *out, const struct shim_status_request *r)
{
	const json_t *request = json_object_get(r->backend, "request");
	const char *vhost = shim_status_text(request, "vhost");

	shim_out_put(out, "<tr>");
	shim_status_put_value_cell(
		out, "For", json_object_get(r->backend, "state_s"), SHIM_STATUS_SECONDS);
	shim_status_put_text_cell(out, "Virtual host", *vhost || !r->pool ? vhost : r->pool);
	shim_status_put_text_cell(out, "User", r->user ? r->user : "");
	shim_status_put_text_cell(out, "Method", shim_status_text(request, "method"));
	shim_out_put(out, "<th scope=\"row\" data-of=\"URI\" class=\"path\">");
	shim_out_text(out, shim_status_text(request, "uri"));
	shim_out_put(out, "</th><td data-of=\"Script\" class=\"path\">");
	shim_out_text(out, shim_status_text(request, "script"));
	shim_out_put(out, "</td>");
	shim_status_put_value_cell(
		out, "Pid", json_object_get(r->backend, "pid"), SHIM_STATUS_PLAIN);
	shim_status_put_value_cell(
		out, "Memory", json_object_get(r->backend, "rss_kib"), SHIM_STATUS_KIB);
	shim_status_put_value_cell(
		out, "CPU", json_object_get(r->backend, "cpu_s"), SHIM_STATUS_SECONDS);
	shim_out_put(out, "</tr>\n");
}

void shim_status_put_requests(const struct shim_out *out, const struct shim_status_view *v)
{
	shim_out_put(out, "<section><h2 id=\"requests\">Requests running now</h2>\n");
	if (!v->requests) {
		shim_out_put(out, "<p class=\"extent\">none</p></section>\n");
		return;
	}
	shim_status_begin_table(out, "requests",
		"<th scope=\"col\" class=\"n\">For</th><th scope=\"col\">Virtual host</th>"
		"<th scope=\"col\">User</th><th scope=\"col\">Method</th><th scope=\"col\">URI</th>"
		"<th scope=\"col\">Script</th><th scope=\"col\" class=\"n\">Pid</th>"
		"<th scope=\"col\" class=\"n\">Memory</th><th scope=\"col\" class=\"n\">CPU</th>");
	for (size_t i = 0; i < v->requests && i < SHIM_STATUS_LIST; i++)
		put_request(out, &v->request[i]);
	shim_status_end_table(out);
	shim_status_put_more(out, v->requests);
	shim_out_put(out, "</section>\n");
}

/* --- Apache's processes, counters --------------------------------------------------------- */

static void begin_details(const struct shim_out *out, const char *id, const char *title)
{
	shim_out_put(out, "<details id=\"");
	shim_out_put(out, id);
	shim_out_put(out, "-all\"><summary><h2 id=\"");
	shim_out_put(out, id);
	shim_out_put(out, "\">");
	shim_out_put(out, title);
	shim_out_put(out, "</h2></summary>\n");
}

void shim_status_put_processes(const struct shim_out *out, const json_t *rest)
{
	const json_t *sessions = json_object_get(rest, "sessions");
	size_t i;
	json_t *s;

	begin_details(out, "processes", "Apache processes");
	shim_status_begin_table(out, "processes",
		"<th scope=\"col\">Server</th><th scope=\"col\" class=\"n\">Pid</th>"
		"<th scope=\"col\" class=\"n\">Age</th>"
		"<th scope=\"col\" class=\"n\">Connections</th>"
		"<th scope=\"col\" class=\"n\">Busy</th><th scope=\"col\" class=\"n\">Waiting</th>");
	json_array_foreach(sessions, i, s)
	{
		if (i == SHIM_STATUS_LIST)
			break;
		shim_out_put(out, "<tr><th scope=\"row\" data-of=\"Server\">");
		shim_out_text(out, shim_status_text(s, "server"));
		shim_out_put(out, "</th>");
		shim_status_put_value_cell(
			out, "Pid", json_object_get(s, "pid"), SHIM_STATUS_PLAIN);
		shim_status_put_value_cell(
			out, "Age", json_object_get(s, "age_s"), SHIM_STATUS_SECONDS);
		shim_status_put_value_cell(
			out, "Connections", json_object_get(s, "leases"), SHIM_STATUS_COUNT);
		shim_status_put_value_cell(
			out, "Busy", json_object_get(s, "busy"), SHIM_STATUS_COUNT);
		shim_status_put_value_cell(
			out, "Waiting", json_object_get(s, "waiting"), SHIM_STATUS_COUNT);
		shim_out_put(out, "</tr>\n");
	}
	shim_status_end_table(out);
	shim_status_put_more(out, json_array_size(sessions));
	shim_out_put(out, "</details>\n");
}

/* "rejects", "denials": by the word of each reason, which has a sentence, too. */
static void put_reasons(const struct shim_out *out, const json_t *counts, const char *title)
{
	for (unsigned reason = 1; reason < REASON_COUNT; reason++) {
		uint64_t count = shim_status_count(counts, reason_name(reason));

		if (!count)
			continue;
		shim_out_put(out, "<div><dt>");
		shim_out_put(out, title);
		shim_out_text(out, reason_text(reason));
		shim_out_put(out, "</dt><dd>");
		shim_status_put_count(out, count);
		shim_out_put(out, "</dd></div>\n");
	}
}

void shim_status_put_counters(const struct shim_out *out, const json_t *rest)
{
	json_t *totals = json_object_get(rest, "totals");
	const char *key;
	json_t *value;

	begin_details(out, "counters", "Counters");
	shim_out_put(out, "<dl class=\"counters\">\n");
	put_reasons(out, json_object_get(totals, "rejects"), "Refused: ");
	put_reasons(out, json_object_get(totals, "denials"), "Denied: ");
	json_object_foreach(totals, key, value)
	{
		if (!json_is_integer(value))
			continue;
		shim_out_put(out, "<div><dt>");
		shim_out_text(out, key);
		shim_out_put(out, "</dt><dd>");
		shim_status_put_value(out, value, SHIM_STATUS_COUNT);
		shim_out_put(out, "</dd></div>\n");
	}
	shim_out_put(out, "</dl></details>\n");
}
