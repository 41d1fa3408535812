/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pgrp.h"
#include "proto/lease_table.h"

/*
 * jansson refuses text that is not UTF-8; names come from httpd's configuration, so such a one is
 * possible and must not take the whole report with it.
 */
static json_t *text(const char *s)
{
	json_t *j = json_string(s ? s : "");

	return j ? j : json_string("(not UTF-8)");
}

static void set_uint(json_t *o, const char *key, uint64_t v)
{
	(void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void set_text(json_t *o, const char *key, const char *s)
{
	(void)json_object_set_new(o, key, text(s));
}

/* to the millisecond */
static double seconds(uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	return (double)ms / 1000.0;
}

static json_t *reasons(const uint64_t counts[REASON_COUNT])
{
	json_t *o = json_object();

	for (unsigned i = 0; i < REASON_COUNT; i++) {
		if (counts[i])
			set_uint(o, reason_name(i), counts[i]);
	}
	return o;
}

static json_t *daemon_criu_part(const struct manager *m)
{
	const struct criu *c = &m->criu;
	json_t *o = json_object();

	set_text(o, "state", criu_state_name(c->state));
	set_text(o, "version", criu_works(m) ? c->text : "");
	set_text(o, "reason", criu_works(m) ? "" : c->text);
	return o;
}

static json_t *daemon_part(const struct manager *m)
{
	uint64_t up_ns = clock_since_ns(m->started_ns, m->now_ns);
	json_t *o = json_object();

	set_text(o, "version", LSAPID_VERSION);
	set_uint(o, "manager_pid", (uint64_t)getpid());
	(void)json_object_set_new(o, "uptime_s", json_real(seconds(up_ns)));
	(void)json_object_set_new(o, "is_privileged", json_boolean(m->access.is_privileged));
	(void)json_object_set_new(
		o, "is_stopping", json_boolean(shutdown_is_under_way(&m->shutdown)));
	set_uint(o, "max_pools", m->config->max_pools);
	set_uint(o, "max_children_total", m->config->max_children_total);
	(void)json_object_set_new(o, "criu", daemon_criu_part(m));
	return o;
}

static json_t *config_part(const struct manager *m)
{
	const struct config *c = m->config;
	json_t *o = json_object(), *problems = json_array();

	for (size_t i = 0; i < c->problems.count; i++) {
		const struct config_problem *p = &c->problems.item[i];
		json_t *part = json_object();

		set_text(part, "file", p->file);
		set_uint(part, "line", (uint64_t)p->line);
		set_text(part, "what", p->what);
		set_text(part, "remedy", p->remedy);
		(void)json_object_set_new(part, "is_kept", json_boolean(p->is_kept));
		(void)json_array_append_new(problems, part);
	}
	set_text(o, "file", c->file);
	set_uint(o, "reloads", m->reload.count);
	set_uint(o, "pool_files", c->pool_file_count);
	set_uint(o, "pools", c->pool_count);
	(void)json_object_set_new(o, "problems", problems);
	return o;
}

static json_t *watched_part(const struct watch *w)
{
	json_t *a = json_array();

	for (size_t i = 0; i < w->php_count; i++) {
		json_t *o = json_object(), *paths = json_array();

		for (size_t k = 0; k < w->php[i].paths; k++)
			(void)json_array_append_new(paths, text(w->php[i].path[k]));
		set_text(o, "handler", w->php[i].name);
		(void)json_object_set_new(o, "paths", paths);
		(void)json_array_append_new(a, o);
	}
	return a;
}

/* What is watched, and how far the pools are whose PHP has changed. */
static json_t *replacing_part(const struct manager *m)
{
	const struct replace *r = &m->replace;
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_watching", json_boolean(m->watch.is_on));
	(void)json_object_set_new(o, "watched", watched_part(&m->watch));
	set_uint(o, "directories", watch_dirs_count(&m->watch.dirs));
	set_text(o, "path", r->path);
	set_uint(o, "pools", r->total);
	set_uint(o, "done", r->done);
	set_uint(o, "waiting", r->queue.count);
	set_uint(o, "draining", replace_draining(m));
	return o;
}

static json_t *totals_part(const struct manager *m)
{
	const struct stats *st = &m->stats;
	json_t *o = json_object(), *states = json_object(), *closes = json_object();

	set_uint(o, "pools", pool_set_count(&m->pools));
	for (int i = 0; i < POOL_STATE_COUNT; i++)
		set_uint(states, pool_state_name((enum pool_state)i), m->pools.by_state[i].count);
	(void)json_object_set_new(o, "pools_by_state", states);
	set_uint(o, "connections", m->connections);
	set_uint(o, "sessions", m->sessions.count);
	set_uint(o, "sessions_ever", st->sessions);
	set_uint(o, "leases", st->leases);
	set_uint(o, "granted_idle", st->grants[POOL_GRANT_IDLE]);
	set_uint(o, "granted_revoked", st->grants[POOL_REVOKE]);
	set_uint(o, "granted_connected", st->grants[POOL_CONNECT]);
	set_uint(o, "granted_started", st->grants[POOL_START]);
	set_uint(o, "queued", st->grants[POOL_QUEUE]);
	set_uint(o, "evicted", st->evictions);
	set_uint(o, "returns", st->returns);
	set_uint(o, "starts", st->starts);
	set_uint(o, "start_failures", st->start_failures);
	set_uint(o, "unasked_exits", st->unasked_exits);
	set_uint(o, "retirements", st->retirements);
	set_uint(o, "lifetimes", st->lifetimes);
	set_uint(o, "runaways", st->runaways);
	set_uint(o, "recycled", st->recycled);
	set_uint(o, "cold_starts", st->cold_starts);
	set_uint(o, "thawed_starts", st->thawed_starts);
	set_uint(o, "freezes", st->freezes);
	set_uint(o, "freeze_failures", st->freeze_failures);
	set_uint(o, "dropped_peers", st->dropped_peers);
	set_uint(o, "log_lines", st->log_lines);
	set_uint(o, "log_lost", st->log_lost);
	set_uint(o, "stderr_lines", st->stderr_lines);
	set_uint(o, "stderr_dropped", st->stderr_dropped);
	for (unsigned i = 0; i < CONTROL_CLOSE_COUNT; i++)
		set_uint(closes, control_close_name(i), st->closes[i]);
	(void)json_object_set_new(o, "closes", closes);
	(void)json_object_set_new(o, "rejects", reasons(st->rejects));
	(void)json_object_set_new(o, "denials", reasons(st->denials));
	return o;
}

static json_t *backend_part(struct backend *b, uint64_t now)
{
	uint32_t requests = b->requests;
	uint64_t since_ns = b->idle_since_ns;
	const char *state = b->leaving_ns ? "leaving" : "unheld";
	json_t *o = json_object();

	if (b->session) {
		const struct lease_slot *slot = &b->session->table->slot[b->slot];

		state = lease_is_busy(b) ? "busy" : "idle";
		requests = atomic_load(&slot->requests);
		since_ns = atomic_load(&slot->since_ns);
		set_uint(o, "session", b->session->id);
		set_uint(o, "slot", b->slot);
	}
	set_text(o, "state", state);
	set_uint(o, "pid", backend_child_pid(b));
	set_uint(o, "requests", requests);
	(void)json_object_set_new(o, "state_s", json_real(seconds(clock_since_ns(since_ns, now))));
	(void)json_object_set_new(o, "age_s", json_real(seconds(clock_since_ns(b->since_ns, now))));
	return o;
}

static uint32_t add_backends(json_t *array, const struct list *l, uint64_t now)
{
	struct list_node *n, *tmp;
	uint32_t busy = 0;

	LIST_FOREACH (l, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		busy += lease_is_busy(b);
		(void)json_array_append_new(array, backend_part(b, now));
	}
	return busy;
}

static json_t *spec_part(const struct pool *p)
{
	json_t *a = json_array();
	const char *entry = NULL;

	while ((entry = pool_spec_next(&p->spec, entry)))
		(void)json_array_append_new(a, text(entry));
	return a;
}

static json_t *failure_part(const struct pool *p, uint64_t now)
{
	json_t *o = json_object();

	set_text(o, "reason", reason_name(p->fail_reason));
	set_text(o, "text", reason_text(p->fail_reason));
	set_text(o, "detail", p->fail_text);
	set_text(o, "remedy", reason_remedy(p->fail_reason));
	set_uint(o, "failures", p->backoff.failures);
	(void)json_object_set_new(
		o, "retry_after_s", json_real(seconds(backoff_left_ns(&p->backoff, now))));
	return o;
}

/* Starts of one kind: nothing if there was none. */
static void set_pace(json_t *o, const char *key, const char *last_key, const struct pace *pace)
{
	if (!pace->count)
		return;
	set_uint(o, key, pace->mean_ns / NS_PER_MS);
	set_uint(o, last_key, pace->last_ns / NS_PER_MS);
}

static void add_freeze(json_t *o, const struct freeze *f, uint64_t now)
{
	set_pace(o, "cold_ms", "cold_last_ms", &f->cold);
	set_pace(o, "thawed_ms", "thawed_last_ms", &f->thawed);
	set_uint(o, "cold_measured", f->cold.count);
	set_uint(o, "thawed_measured", f->thawed.count);
	set_uint(o, "freezes", f->done);
	if (f->done) {
		set_uint(o, "freeze_ms", f->ms);
		set_uint(o, "image_bytes", f->bytes);
	}
	set_uint(o, "failures", f->failures);
	set_text(o, "problem", f->problem);
	set_text(o, "image_dropped", f->dropped);
	(void)json_object_set_new(
		o, "retry_after_s", json_real(seconds(clock_since_ns(now, f->retry_ns))));
}

static json_t *pool_criu_part(const struct pool *p, uint64_t now)
{
	enum freeze_why why = freeze_why(p);
	json_t *o = json_object();

	set_text(o, "mode", freeze_mode_name(p->criu));
	set_uint(o, "initial_start", p->initial_start);
	set_uint(o, "served", pgrp_served(p));
	set_text(o, "started", !p->parent.pid ? "" : p->parent.is_thawed ? "thawed" : "cold");
	(void)json_object_set_new(o, "is_frozen", json_boolean(p->parent.is_frozen));
	(void)json_object_set_new(o, "pays_not", json_boolean(p->freeze && p->freeze->pays_not));
	set_text(o, "why_not", freeze_why_name(why));
	set_text(o, "why_not_text", freeze_why_text(why));
	if (p->freeze)
		add_freeze(o, p->freeze, now);
	return o;
}

static json_t *pool_part(const struct pool *p, uint64_t now)
{
	json_t *o = json_object(), *backends = json_array();
	uint32_t busy = add_backends(backends, &p->held, now);

	(void)add_backends(backends, &p->unheld, now);
	if (p->care)
		(void)add_backends(backends, &p->care->leaving, now);
	set_uint(o, "id", p->id);
	set_text(o, "name", p->name);
	set_text(o, "handler", p->handler);
	set_text(o, "pool_file", p->pool_file);
	set_text(o, "user_file", p->own_file && p->own_file->config ? p->own_file->path : "");
	set_text(o, "user_file_problem", p->own_file ? p->own_file->problem : "");
	set_uint(o, "uid", p->uid);
	set_uint(o, "gid", p->gid);
	set_text(o, "state", pool_state_name(p->state));
	(void)json_object_set_new(
		o, "state_s", json_real(seconds(clock_since_ns(p->since_ns, now))));
	set_uint(o, "pid", (uint64_t)p->parent.pid);
	set_uint(o, "children", p->children);
	set_text(o, "children_from", config_source_name(p->children_source));
	if (p->process_limit != CGROUP_UNLIMITED) {
		set_uint(o, "process_limit", p->process_limit);
		set_text(o, "process_limit_from", config_source_name(p->process_source));
	}
	(void)json_object_set_new(o, "has_uid_limit_warning", json_boolean(p->is_contradiction));
	set_uint(o, "connections", pool_connections(p));
	set_uint(o, "busy", busy);
	set_uint(o, "idle", pool_connections(p) - busy);
	set_uint(o, "waiting", waitq_count(&p->waitq));
	set_uint(o, "known_by", p->known_by);
	set_uint(o, "leases", p->counts.leases);
	set_uint(o, "rejects", p->counts.rejects);
	if (p->refusals)
		(void)json_object_set_new(o, "refusals", reasons(p->refusals->count));
	set_uint(o, "connects", p->counts.connects);
	set_uint(o, "starts", p->counts.starts);
	set_uint(o, "failures", p->counts.failures);
	set_uint(o, "deaths", p->counts.deaths);
	set_uint(o, "unborn", p->counts.unborn);
	set_uint(o, "lifetimes", p->care ? p->care->lifetimes : 0);
	set_uint(o, "runaways", p->care ? p->care->runaways : 0);
	set_uint(o, "recycled", p->care ? p->care->recycled : 0);
	(void)json_object_set_new(o, "criu", pool_criu_part(p, now));
	if (p->state == POOL_FAILED)
		(void)json_object_set_new(o, "failure", failure_part(p, now));
	(void)json_object_set_new(o, "spec", spec_part(p));
	(void)json_object_set_new(o, "backends", backends);
	return o;
}

static json_t *session_part(const struct session *s, uint64_t now)
{
	json_t *o = json_object();

	set_uint(o, "id", s->id);
	set_text(o, "server", s->server);
	set_uint(o, "pid", (uint64_t)s->peer->pid);
	set_uint(o, "uid", s->peer->uid);
	(void)json_object_set_new(o, "age_s", json_real(seconds(clock_since_ns(s->since_ns, now))));
	set_uint(o, "leases", s->held);
	set_uint(o, "busy", session_count_busy(s));
	set_uint(o, "waiting", s->waiters.count);
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

			write_part(out, before, pool_part(p, now));
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
	write_part(out, "{\"daemon\":", daemon_part(m));
	write_part(out, ",\"config\":", config_part(m));
	write_part(out, ",\"replacing\":", replacing_part(m));
	write_part(out, ",\"totals\":", totals_part(m));
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
	char *out;

	(void)json_object_set_new(o, "is_reloaded", json_boolean(error == 0));
	set_text(o, "errno", error ? err_name(error) : "");
	set_text(o, "detail", detail);
	out = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return out;
}
