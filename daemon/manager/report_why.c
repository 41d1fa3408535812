/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/name_pattern.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

/** Who is asked about. A number may be that of a pool, and that of an account. */
struct question {
	const char *what;
	uint64_t number;
	bool is_number;
	bool has_uid;
	uid_t uid;
};

static struct question ask(const char *what)
{
	struct question q = { .what = what };

	q.is_number = str_parse_uint(what, 0, UINT32_MAX - 1, &q.number);
	q.has_uid = q.is_number;
	q.uid = (uid_t)q.number;
	if (!q.is_number && *what)
		q.has_uid = accounts_find_uid(what, &q.uid);
	return q;
}

static bool is_name(const struct question *q, const char *name)
{
	return name && name_pattern_matches(q->what, name);
}

static bool is_pool(const struct question *q, const struct pool *p)
{
	return (q->is_number && q->number == p->id) || (q->has_uid && q->uid == p->uid) ||
	       is_name(q, p->name);
}

static bool is_refusal(const struct question *q, const struct refusal *f)
{
	return (q->has_uid && q->uid == f->uid) || is_name(q, f->name);
}

/* Never a whole second for a part of one, and the same everywhere: UTC. */
static json_t *wall_time(uint64_t at_ms)
{
	time_t s = (time_t)(at_ms / 1000);
	char out[64];
	struct tm tm;
	size_t size;

	if (!gmtime_r(&s, &tm))
		return json_string("");
	size = strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + size, sizeof(out) - size, ".%03uZ", (unsigned)(at_ms % 1000));
	return json_string(out);
}

static void set_figures(json_t *o, const struct refusal *f)
{
	const struct {
		const char *key;
		uint32_t value;
	} figures[] = {
		{ "in_use", f->in_use },
		{ "limit", f->limit },
		{ "host_in_use", f->host_in_use },
		{ "host_limit", f->host_limit },
		{ "queued", f->queued },
		{ "queue_limit", f->queue_limit },
		{ "waited_ms", f->waited_ms },
		{ "next_try_ms", f->next_try_ms },
	};

	for (size_t i = 0; f->pool && i < sizeof(figures) / sizeof(figures[0]); i++)
		(void)json_object_set_new(o, figures[i].key, json_integer(figures[i].value));
	if (!f->max_pools)
		return;
	(void)json_object_set_new(o, "pools", json_integer(f->pools));
	(void)json_object_set_new(o, "max_pools", json_integer(f->max_pools));
}

static json_t *refusal_part(struct manager *m, const struct refusal *f)
{
	char explained[CONTROL_MAX_TEXT + 1];
	json_t *o = json_object();

	(void)refusal_format(f, explained, sizeof(explained));
	(void)json_object_set_new(o, "time", wall_time(f->at_ms));
	(void)json_object_set_new(o, "time_ms", json_integer((json_int_t)f->at_ms));
	(void)json_object_set_new(o, "reason", json_string(reason_name(f->reason)));
	(void)json_object_set_new(o, "pool", json_integer(f->pool));
	(void)json_object_set_new(o, "name", report_text(f->name));
	(void)json_object_set_new(o, "user", report_text(accounts_name(&m->accounts, f->uid)));
	(void)json_object_set_new(o, "uid", json_integer(f->uid));
	(void)json_object_set_new(o, "asked_by_pid", json_integer(f->peer_pid));
	set_figures(o, f);
	(void)json_object_set_new(o, "detail", report_text(f->detail));
	(void)json_object_set_new(o, "text", report_text(explained));
	(void)json_object_set_new(o, "remedy", json_string(reason_remedy(f->reason)));
	return o;
}

json_t *report_last_refusal(const struct refusals *r)
{
	const struct refusal *f = r ? refusals_get(r, 0) : NULL;
	char explained[CONTROL_MAX_TEXT + 1];
	json_t *o;

	if (!f)
		return NULL;
	o = json_object();
	(void)refusal_format(f, explained, sizeof(explained));
	(void)json_object_set_new(o, "time_ms", json_integer((json_int_t)f->at_ms));
	(void)json_object_set_new(o, "reason", json_string(reason_name(f->reason)));
	(void)json_object_set_new(o, "text", report_text(explained));
	return o;
}

/* What each of them means is told once. */
static json_t *counts_part(const uint64_t count[REASON_COUNT])
{
	json_t *array = json_array();

	for (unsigned i = 0; i < REASON_COUNT; i++) {
		json_t *o;

		if (!count[i])
			continue;
		o = json_object();
		(void)json_object_set_new(o, "reason", json_string(reason_name(i)));
		(void)json_object_set_new(o, "count", json_integer((json_int_t)count[i]));
		(void)json_object_set_new(o, "text", json_string(reason_text(i)));
		(void)json_object_set_new(o, "remedy", json_string(reason_remedy(i)));
		(void)json_array_append_new(array, o);
	}
	return array;
}

/* @q: NULL: all of them */
static json_t *refusals_part(struct manager *m, const struct refusals *r, const struct question *q)
{
	json_t *array = json_array();
	const struct refusal *f;

	for (uint32_t back = 0; r && (f = refusals_get(r, back)); back++) {
		if (!q || is_refusal(q, f))
			(void)json_array_append_new(array, refusal_part(m, f));
	}
	return array;
}

json_t *report_lonely(struct manager *m)
{
	return refusals_part(m, &m->refuse.lonely, NULL);
}

static json_t *pool_part(struct manager *m, const struct pool *p)
{
	static const uint64_t none[REASON_COUNT] = { 0 };
	json_t *o = json_object();

	(void)json_object_set_new(o, "id", json_integer(p->id));
	(void)json_object_set_new(o, "name", report_text(p->name));
	(void)json_object_set_new(o, "user", report_text(accounts_name(&m->accounts, p->uid)));
	(void)json_object_set_new(o, "uid", json_integer(p->uid));
	(void)json_object_set_new(o, "state", json_string(pool_state_name(p->state)));
	(void)json_object_set_new(o, "refused", json_integer((json_int_t)p->counts.rejects));
	(void)json_object_set_new(
		o, "counts", counts_part(p->refusals ? p->refusals->count : none));
	(void)json_object_set_new(o, "refusals", refusals_part(m, p->refusals, NULL));
	return o;
}

static json_t *pools_part(struct manager *m, const struct question *q)
{
	json_t *array = json_array();
	struct list_node *n, *tmp;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (is_pool(q, p))
				(void)json_array_append_new(array, pool_part(m, p));
		}
	}
	return array;
}

static json_t *host_part(struct manager *m)
{
	uint64_t count[REASON_COUNT];
	json_t *o = json_object();

	for (unsigned i = 0; i < REASON_COUNT; i++)
		count[i] = m->stats.rejects[i] + m->stats.denials[i];
	(void)json_object_set_new(o, "counts", counts_part(count));
	(void)json_object_set_new(o, "refusals", refusals_part(m, &m->refuse.host, NULL));
	return o;
}

static void answer_about(json_t *o, struct manager *m, const char *what, int *ret_error)
{
	const struct question q = ask(what);
	json_t *pools = pools_part(m, &q);
	json_t *lonely = refusals_part(m, &m->refuse.lonely, &q);

	if (!json_array_size(pools) && !json_array_size(lonely))
		*ret_error = ENOENT;
	(void)json_object_set_new(o, "pools", pools);
	(void)json_object_set_new(o, "without_pool", lonely);
}

char *report_why(struct manager *m, const char *what, int *ret_error)
{
	json_t *o = json_object();
	char *out;

	*ret_error = 0;
	(void)json_object_set_new(o, "what", report_text(what));
	if (*what) {
		answer_about(o, m, what, ret_error);
	} else {
		(void)json_object_set_new(o, "host", host_part(m));
		(void)json_object_set_new(o, "without_pool", report_lonely(m));
	}
	out = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return out;
}
