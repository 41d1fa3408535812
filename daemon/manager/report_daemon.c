/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon as a whole, for STATUS: itself, its configuration, what is replaced, and totals. */

#include <time.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

static json_t *daemon_criu_part(const struct manager *m)
{
	const struct criu *c = &m->criu;
	json_t *o = json_object();

	report_set_text(o, "state", criu_state_name(c->state));
	report_set_text(o, "version", criu_works(m) ? c->text : "");
	report_set_text(o, "reason", criu_works(m) ? "" : c->text);
	return o;
}

/* Since 1970: people and logs know the time of day. */
static uint64_t wall_ms(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

json_t *report_daemon(const struct manager *m)
{
	uint64_t up_ns = clock_since_ns(m->started_ns, m->now_ns);
	json_t *o = json_object();

	report_set_text(o, "version", LSAPID_VERSION);
	report_set_uint(o, "supervisor_pid", (uint64_t)getppid());
	report_set_uint(o, "manager_pid", (uint64_t)getpid());
	report_set_uint(o, "started_ms", wall_ms() - up_ns / NS_PER_MS);
	(void)json_object_set_new(o, "uptime_s", json_real(report_seconds(up_ns)));
	(void)json_object_set_new(o, "is_privileged", json_boolean(m->access.is_privileged));
	(void)json_object_set_new(
		o, "is_stopping", json_boolean(shutdown_is_under_way(&m->shutdown)));
	report_set_uint(o, "max_pools", m->config->max_pools);
	report_set_uint(o, "max_children_total", m->config->max_children_total);
	(void)json_object_set_new(o, "criu", daemon_criu_part(m));
	report_set_text(o, "log_level", log_level_name(m->steer.log_level));
	(void)json_object_set_new(o, "is_log_level_set", json_boolean(m->steer.has_log_level));
	return o;
}

json_t *report_config(const struct manager *m)
{
	const struct config *c = m->config;
	json_t *o = json_object(), *problems = json_array();

	for (size_t i = 0; i < c->problems.count; i++) {
		const struct config_problem *p = &c->problems.item[i];
		json_t *part = json_object();

		report_set_text(part, "file", p->file);
		report_set_uint(part, "line", (uint64_t)p->line);
		report_set_text(part, "what", p->what);
		report_set_text(part, "remedy", p->remedy);
		(void)json_object_set_new(part, "is_kept", json_boolean(p->is_kept));
		(void)json_array_append_new(problems, part);
	}
	report_set_text(o, "file", c->file);
	report_set_uint(o, "reloads", m->reload.count);
	report_set_uint(o, "pool_files", c->pool_file_count);
	report_set_uint(o, "pools", c->pool_count);
	(void)json_object_set_new(o, "problems", problems);
	return o;
}

static json_t *watched_part(const struct watch *w)
{
	json_t *a = json_array();

	for (size_t i = 0; i < w->php_count; i++) {
		json_t *o = json_object(), *paths = json_array();

		for (size_t k = 0; k < w->php[i].paths; k++)
			(void)json_array_append_new(paths, report_text(w->php[i].path[k]));
		report_set_text(o, "handler", w->php[i].name);
		(void)json_object_set_new(o, "paths", paths);
		(void)json_array_append_new(a, o);
	}
	return a;
}

/* What is watched, and how far the pools are whose PHP has changed. */
json_t *report_replacing(const struct manager *m)
{
	const struct replace *r = &m->replace;
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_watching", json_boolean(m->watch.is_on));
	(void)json_object_set_new(o, "watched", watched_part(&m->watch));
	report_set_uint(o, "directories", watch_dirs_count(&m->watch.dirs));
	report_set_text(o, "path", r->path);
	report_set_uint(o, "pools", r->total);
	report_set_uint(o, "done", r->done);
	report_set_uint(o, "waiting", r->queue.count);
	report_set_uint(o, "draining", replace_draining(m));
	return o;
}

json_t *report_totals(const struct manager *m)
{
	const struct stats *st = &m->stats;
	json_t *o = json_object(), *states = json_object(), *closes = json_object();

	report_set_uint(o, "pools", pool_set_count(&m->pools));
	for (int i = 0; i < POOL_STATE_COUNT; i++)
		report_set_uint(
			states, pool_state_name((enum pool_state)i), m->pools.by_state[i].count);
	(void)json_object_set_new(o, "pools_by_state", states);
	report_set_uint(o, "connections", m->connections);
	report_set_uint(o, "sessions", m->sessions.count);
	report_set_uint(o, "sessions_ever", st->sessions);
	report_set_uint(o, "leases", st->leases);
	report_set_uint(o, "granted_idle", st->grants[POOL_GRANT_IDLE]);
	report_set_uint(o, "granted_revoked", st->grants[POOL_REVOKE]);
	report_set_uint(o, "granted_connected", st->grants[POOL_CONNECT]);
	report_set_uint(o, "granted_started", st->grants[POOL_START]);
	report_set_uint(o, "queued", st->grants[POOL_QUEUE]);
	report_set_uint(o, "evicted", st->evictions);
	report_set_uint(o, "returns", st->returns);
	report_set_uint(o, "starts", st->starts);
	report_set_uint(o, "start_failures", st->start_failures);
	report_set_uint(o, "unasked_exits", st->unasked_exits);
	report_set_uint(o, "retirements", st->retirements);
	report_set_uint(o, "lifetimes", st->lifetimes);
	report_set_uint(o, "slow", st->slow);
	report_set_uint(o, "runaways", st->runaways);
	report_set_uint(o, "recycled", st->recycled);
	report_set_uint(o, "cold_starts", st->cold_starts);
	report_set_uint(o, "thawed_starts", st->thawed_starts);
	report_set_uint(o, "freezes", st->freezes);
	report_set_uint(o, "freeze_failures", st->freeze_failures);
	report_set_uint(o, "dropped_peers", st->dropped_peers);
	report_set_uint(o, "log_lines", st->log_lines);
	report_set_uint(o, "log_lost", st->log_lost);
	report_set_uint(o, "stderr_lines", st->stderr_lines);
	report_set_uint(o, "stderr_dropped", st->stderr_dropped);
	for (unsigned i = 0; i < CONTROL_CLOSE_COUNT; i++)
		report_set_uint(closes, control_close_name(i), st->closes[i]);
	(void)json_object_set_new(o, "closes", closes);
	(void)json_object_set_new(o, "rejects", report_reasons(st->rejects));
	(void)json_object_set_new(o, "denials", report_reasons(st->denials));
	return o;
}
