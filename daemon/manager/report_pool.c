/* SPDX-License-Identifier: Apache-2.0 */

/* One pool, for STATUS. */

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/report_part.h"
#include "proto/lease_table.h"

static void add_request(json_t *o, const struct backend *b)
{
	struct lease_request_copy copy;
	json_t *part;

	if (!lease_note_read(backend_note(b), &copy))
		return;
	part = json_object();
	report_set_foreign(part, "vhost", copy.request.vhost);
	report_set_foreign(part, "method", copy.request.method);
	report_set_foreign(part, "uri", copy.request.uri);
	report_set_foreign(part, "script", copy.request.script);
	(void)json_object_set_new(o, "request", part);
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
		if (lease_is_busy(b))
			add_request(o, b);
		requests = atomic_load(&slot->requests);
		since_ns = atomic_load(&slot->since_ns);
		report_set_uint(o, "session", b->session->id);
		report_set_uint(o, "slot", b->slot);
	}
	report_set_text(o, "state", state);
	report_set_uint(o, "pid", backend_child_pid(b));
	report_set_uint(o, "requests", requests);
	(void)json_object_set_new(
		o, "state_s", json_real(report_seconds(clock_since_ns(since_ns, now))));
	(void)json_object_set_new(
		o, "age_s", json_real(report_seconds(clock_since_ns(b->since_ns, now))));
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
		(void)json_array_append_new(a, report_text(entry));
	return a;
}

static json_t *failure_part(const struct pool *p, uint64_t now)
{
	json_t *o = json_object();

	report_set_text(o, "reason", reason_name(p->fail_reason));
	report_set_text(o, "text", reason_text(p->fail_reason));
	report_set_text(o, "detail", p->fail_text);
	report_set_text(o, "remedy", reason_remedy(p->fail_reason));
	report_set_uint(o, "failures", p->backoff.failures);
	(void)json_object_set_new(
		o, "retry_after_s", json_real(report_seconds(backoff_left_ns(&p->backoff, now))));
	return o;
}

/* Starts of one kind: nothing if there was none. */
static void set_pace(json_t *o, const char *key, const char *last_key, const struct pace *pace)
{
	if (!pace->count)
		return;
	report_set_uint(o, key, pace->mean_ns / NS_PER_MS);
	report_set_uint(o, last_key, pace->last_ns / NS_PER_MS);
}

static void add_freeze(json_t *o, const struct freeze *f, uint64_t now)
{
	set_pace(o, "cold_ms", "cold_last_ms", &f->cold);
	set_pace(o, "thawed_ms", "thawed_last_ms", &f->thawed);
	report_set_uint(o, "cold_measured", f->cold.count);
	report_set_uint(o, "thawed_measured", f->thawed.count);
	report_set_uint(o, "freezes", f->done);
	if (f->done) {
		report_set_uint(o, "freeze_ms", f->ms);
		report_set_uint(o, "image_bytes", f->bytes);
	}
	report_set_uint(o, "failures", f->failures);
	report_set_text(o, "problem", f->problem);
	report_set_text(o, "image_dropped", f->dropped);
	(void)json_object_set_new(
		o, "retry_after_s", json_real(report_seconds(clock_since_ns(now, f->retry_ns))));
}

static json_t *pool_criu_part(const struct pool *p, uint64_t now)
{
	enum freeze_why why = freeze_why(p);
	json_t *o = json_object();

	report_set_text(o, "mode", freeze_mode_name(p->criu));
	report_set_uint(o, "initial_start", p->initial_start);
	report_set_uint(o, "served", pgrp_served(p));
	report_set_text(o, "started",
		!p->parent.pid        ? ""
		: p->parent.is_thawed ? "thawed"
				      : "cold");
	(void)json_object_set_new(o, "is_frozen", json_boolean(p->parent.is_frozen));
	(void)json_object_set_new(o, "pays_not", json_boolean(p->freeze && p->freeze->pays_not));
	report_set_text(o, "why_not", freeze_why_name(why));
	report_set_text(o, "why_not_text", freeze_why_text(why));
	if (p->freeze)
		add_freeze(o, p->freeze, now);
	return o;
}

/* Of requests that have ended. */
static void add_figures(json_t *o, const struct pool *p)
{
	struct lease_counts counts;

	figures_get(p, &counts);
	report_set_uint(o, "requests", counts.requests);
	report_set_uint(o, "errors", counts.errors);
	(void)json_object_set_new(o, "service_s", json_real(report_seconds(counts.service_ns)));
}

json_t *report_pool(const struct pool *p, uint64_t now)
{
	json_t *o = json_object(), *backends = json_array();
	uint32_t busy = add_backends(backends, &p->held, now);

	(void)add_backends(backends, &p->unheld, now);
	if (p->care)
		(void)add_backends(backends, &p->care->leaving, now);
	report_set_uint(o, "id", p->id);
	report_set_text(o, "name", p->name);
	report_set_text(o, "handler", p->handler);
	report_set_text(o, "pool_file", p->pool_file);
	report_set_text(
		o, "user_file", p->own_file && p->own_file->config ? p->own_file->path : "");
	report_set_text(o, "user_file_problem", p->own_file ? p->own_file->problem : "");
	report_set_uint(o, "uid", p->uid);
	report_set_uint(o, "gid", p->gid);
	report_set_text(o, "user", p->figures ? p->figures->user : "");
	report_set_text(o, "state", pool_state_name(p->state));
	(void)json_object_set_new(
		o, "state_s", json_real(report_seconds(clock_since_ns(p->since_ns, now))));
	(void)json_object_set_new(o, "is_stopped", json_boolean(p->is_stopped));
	report_set_uint(o, "pid", (uint64_t)p->parent.pid);
	report_set_uint(o, "children", p->children);
	report_set_text(o, "children_from", config_source_name(p->children_source));
	if (p->process_limit != CGROUP_UNLIMITED) {
		report_set_uint(o, "process_limit", p->process_limit);
		report_set_text(o, "process_limit_from", config_source_name(p->process_source));
	}
	(void)json_object_set_new(o, "has_uid_limit_warning", json_boolean(p->is_contradiction));
	report_set_uint(o, "connections", pool_connections(p));
	report_set_uint(o, "busy", busy);
	report_set_uint(o, "idle", pool_connections(p) - busy);
	report_set_uint(o, "waiting", waitq_count(&p->waitq));
	report_set_uint(o, "known_by", p->known_by);
	report_set_uint(o, "leases", p->counts.leases);
	report_set_uint(o, "rejects", p->counts.rejects);
	if (p->refusals) {
		(void)json_object_set_new(o, "refusals", report_reasons(p->refusals->count));
		(void)json_object_set_new(o, "last_refusal", report_last_refusal(p->refusals));
	}
	add_figures(o, p);
	report_set_uint(o, "connects", p->counts.connects);
	report_set_uint(o, "starts", p->counts.starts);
	report_set_uint(o, "cold_starts", p->counts.cold_starts);
	report_set_uint(o, "thawed_starts", p->counts.thawed_starts);
	report_set_uint(o, "restarts", p->counts.starts ? p->counts.starts - 1 : 0);
	report_set_uint(o, "failures", p->counts.failures);
	report_set_uint(o, "deaths", p->counts.deaths);
	report_set_uint(o, "unborn", p->counts.unborn);
	report_set_uint(o, "lifetimes", p->care ? p->care->lifetimes : 0);
	report_set_uint(o, "slow", p->care ? p->care->slow : 0);
	report_set_uint(o, "runaways", p->care ? p->care->runaways : 0);
	report_set_uint(o, "recycled", p->care ? p->care->recycled : 0);
	(void)json_object_set_new(o, "criu", pool_criu_part(p, now));
	if (p->state == POOL_FAILED)
		(void)json_object_set_new(o, "failure", failure_part(p, now));
	(void)json_object_set_new(o, "spec", spec_part(p));
	(void)json_object_set_new(o, "backends", backends);
	return o;
}
