/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/refuse.h"

#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

void refuse_init(struct refuse *r)
{
	refusals_init(&r->host);
	refusals_init(&r->lonely);
}

void refuse_deinit(struct refuse *r)
{
	refusals_deinit(&r->host);
	refusals_deinit(&r->lonely);
}

static uint64_t wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

static struct refusal figures(
	const struct pool *p, const struct peer *peer, enum reason reason, uint64_t since_ns)
{
	struct manager *m = p->manager;
	uint64_t now = manager_now(m);
	uint64_t left_ns = backoff_left_ns(&p->backoff, now);

	return (struct refusal){
		.reason = reason,
		.at_ms = wall_ms(),
		.pool = p->id,
		.uid = p->uid,
		.peer_pid = peer->pid,
		.in_use = pool_connections(p),
		.limit = p->children,
		.host_in_use = m->connections,
		.host_limit = m->config->max_children_total,
		.queued = waitq_count(&p->waitq),
		.queue_limit = p->wait.queue_length,
		.waited_ms = since_ns ? (uint32_t)(clock_since_ns(since_ns, now) / NS_PER_MS) : 0,
		.next_try_ms = (uint32_t)((left_ns + NS_PER_MS - 1) / NS_PER_MS),
		.name = p->name,
		.detail = p->state == POOL_FAILED || reason == REASON_PROCESS_LIMIT ? p->fail_text
										    : NULL,
	};
}

static void log_lease(struct manager *m, const struct refusal *f)
{
	log_notice("lease.refused", F_STR("pool", f->name), F_UINT("pool_id", f->pool),
		F_STR("user", accounts_name(&m->accounts, f->uid)), F_UINT("uid", f->uid),
		F_STR("reason", reason_name(f->reason)), F_STR("detail", f->detail),
		F_UINT("in_use", f->in_use), F_UINT("limit", f->limit),
		F_UINT("host_in_use", f->host_in_use), F_UINT("host_limit", f->host_limit),
		F_UINT("queued", f->queued), F_UINT("queue_limit", f->queue_limit),
		F_UINT("waited_ms", f->waited_ms), F_UINT("next_try_ms", f->next_try_ms),
		F_STR("remedy", reason_remedy(f->reason)));
}

/* A cold pool that never refused anything costs nothing for it. */
static struct refusals *of_pool(struct pool *p)
{
	if (!p->refusals)
		p->refusals = refusals_new();
	return p->refusals;
}

static void note_lease(struct pool *p, const struct refusal *f)
{
	struct manager *m = p->manager;
	struct refusals *own = of_pool(p);

	p->counts.rejects++;
	stats_refuse(m->stats.rejects, f->reason);
	refusals_add(&m->refuse.host, f);
	if (own) /* without memory it is counted above, at least */
		refusals_add(own, f);
	log_lease(m, f);
}

static uint32_t retry_after_s(struct pool *p, const struct refusal *f)
{
	if (!reason_is_room(f->reason))
		return (f->next_try_ms + 999) / 1000;
	return wait_terms_retry_after_s(
		lease_mean_busy_ns(p, manager_now(p->manager)), f->queued, f->limit);
}

void refuse_lease(
	struct pool *p, struct peer *peer, uint32_t sequence, enum reason reason, uint64_t since_ns)
{
	const struct refusal f = figures(p, peer, reason, since_ns);
	char text[CONTROL_MAX_TEXT + 1];
	struct control_reject m = {
		.reason = f.reason,
		.in_use = f.in_use,
		.limit = f.limit,
		.queued = f.queued,
		.retry_after_s = retry_after_s(p, &f),
		.status = wait_terms_status(&p->wait, f.reason),
	};

	m.text.data = (const uint8_t *)text;
	m.text.size = refusal_format(&f, text, sizeof(text));
	note_lease(p, &f);
	peer_send_reject(peer, sequence, &m);
}

/* Whoever asks for any number of users makes us look up none. */
static void log_peer(struct manager *m, const struct refusal *f)
{
	log_notice("peer.denied", F_STR("pool", f->name),
		F_STR("user", accounts_known(&m->accounts, f->uid)), F_UINT("uid", f->uid),
		F_STR("reason", reason_name(f->reason)), F_STR("detail", f->detail),
		F_UINT("pools", pool_set_count(&m->pools)),
		F_UINT("max_pools", m->config->max_pools), F_INT("pid", f->peer_pid),
		F_STR("remedy", reason_remedy(f->reason)));
}

static void note_peer(struct manager *m, const struct refusal *f)
{
	stats_refuse(m->stats.denials, f->reason);
	refusals_add(&m->refuse.host, f);
	refusals_add(&m->refuse.lonely, f);
	log_peer(m, f);
}

void refuse_peer(struct peer *peer, uint32_t sequence, enum reason reason, const char *detail,
	const struct pool_spec *spec)
{
	struct manager *m = peer->manager;
	struct refusal f = {
		.reason = reason,
		.at_ms = wall_ms(),
		.uid = peer->uid,
		.peer_pid = peer->pid,
		.detail = detail,
	};
	char text[CONTROL_MAX_TEXT + 1];
	uint64_t uid;

	if (spec) {
		f.name = pool_spec_get(spec, SPEC_NAME);
		f.name = f.name ? f.name : "-";
		if (pool_spec_get_uint(spec, SPEC_UID, 0, UINT32_MAX - 1, &uid) == 0)
			f.uid = (uid_t)uid;
	}
	if (reason == REASON_POOLS_FULL) {
		f.pools = pool_set_count(&m->pools);
		f.max_pools = m->config->max_pools;
	}
	(void)refusal_format(&f, text, sizeof(text));
	note_peer(m, &f);
	peer_send_denied(peer, sequence, (uint32_t)reason, text);
}
