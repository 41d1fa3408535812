/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"
#include "daemon/manager/report_steer.h"

static json_t *session_part(const struct session *s, uint64_t now)
{
	json_t *o = json_object();

	report_set_uint(o, "id", s->id);
	report_set_text(o, "server", s->server);
	report_set_uint(o, "pid", (uint64_t)s->peer->pid);
	report_set_uint(o, "uid", s->peer->uid);
	(void)json_object_set_new(
		o, "age_s", json_real(report_seconds(clock_since_ns(s->since_ns, now))));
	report_set_uint(o, "leases", s->held);
	report_set_uint(o, "busy", session_count_busy(s));
	report_set_uint(o, "waiting", s->waiters.count);
	return o;
}

/* One at a time: as one tree, thousands of pools would take ten times the memory of their text. */
static void write_part(FILE *out, const char *before, json_t *part)
{
	(void)fputs(before, out);
	if (!part || json_dumpf(part, out, JSON_COMPACT | JSON_REAL_PRECISION(12)) < 0)
		(void)fputs("null", out); /* no memory */
	json_decref(part);
}

static void write_pools(FILE *out, const struct manager *m, uint64_t now)
{
	const char *before = ",\"pools\":[";
	struct list_node *n, *tmp;

	if (!pool_set_count(&m->pools))
		(void)fputs(before, out);
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);

			write_part(out, before, report_pool(p, now));
			before = ",";
		}
	}
	(void)fputs("]", out);
}

static void write_sessions(FILE *out, const struct manager *m, uint64_t now)
{
	json_t *sessions = json_array();
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->sessions, n, tmp)
		(void)json_array_append_new(
			sessions, session_part(LIST_OWNER(n, struct session, node), now));
	write_part(out, ",\"sessions\":", sessions);
}

char *report_status(struct manager *m)
{
	uint64_t now = manager_now(m);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool is_whole;

	if (!out)
		return NULL;
	(void)__fsetlocking(out, FSETLOCKING_BYCALLER); /* one thread */
	write_part(out, "{\"daemon\":", report_daemon(m));
	write_part(out, ",\"config\":", report_config(m));
	write_part(out, ",\"replacing\":", report_replacing(m));
	write_part(out, ",\"stopped\":", report_stopped(m));
	write_part(out, ",\"refused_without_pool\":", report_lonely(m));
	write_part(out, ",\"totals\":", report_totals(m));
	write_pools(out, m, now);
	write_sessions(out, m, now);
	(void)fputs("}", out);
	is_whole = !ferror(out);
	if (fclose(out) == 0 && is_whole)
		return text;
	free(text);
	return NULL;
}

char *report_reload(int error, const char *detail)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_reloaded", json_boolean(error == 0));
	report_set_text(o, "errno", error ? err_name(error) : "");
	report_set_text(o, "detail", detail);
	return report_dump(o);
}
