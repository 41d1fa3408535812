/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/ask.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/pool_policy.h"
#include "daemon/manager/thaw.h"

/*
 * An attempt fails when a holder takes its idle lease again just now, or when lsphp has closed a
 * kept connection; each failure takes one candidate away. More than this is not bad luck.
 */
#define ASK_ATTEMPTS 64

struct fair_figures ask_fair(const struct manager *m, const struct user *u)
{
	return (struct fair_figures){
		.limit = m->config->max_children_total,
		.used = m->connections,
		.users = m->users.active + !users_is_active(u),
	};
}

/* What is idle for longest: of the pool's leases or, if the host has no room, of others'. */
static struct pool_figures figures(const struct ask *a, bool has_place, struct backend **ret_oldest)
{
	struct pool *p = a->pool;
	struct manager *m = p->manager;
	uint64_t now = manager_now(m);
	struct pool_figures f = {
		.state = p->state,
		.is_stopped = p->is_stopped,
		.is_stopping = shutdown_is_under_way(&m->shutdown),
		.has_slot = session_has_slot(a->session),
		.unheld = (uint32_t)p->unheld.count,
		.connections = pool_connections(p),
		.children = p->children,
		.has_enough = pool_connections(p) >= p->max_connections,
		.host = ask_fair(m, p->user),
		.user_held = p->user->held,
		.has_place = has_place,
		.waiting = a->ahead,
		.wait_limit = p->wait.queue_length,
		.can_wait = a->can_wait,
		.is_stuck = unborn_is_stuck(&p->unborn, now),
		.is_backing_off = backoff_left_ns(&p->backoff, now) > 0,
		.fail_reason = p->fail_reason,
	};

	*ret_oldest = NULL;
	if (!f.unheld) /* the scan is for when it matters */
		*ret_oldest = lease_find_oldest_idle(p, now, &f.idle_ns);
	f.has_idle = *ret_oldest != NULL;
	if (!f.unheld && !f.has_idle && f.connections < f.children && !pool_policy_has_room(&f)) {
		*ret_oldest = spares_find(m, p, now);
		f.has_spare = *ret_oldest != NULL;
	}
	return f;
}

void ask_refuse(const struct ask *a, enum reason reason)
{
	refuse_lease(a->pool, a->session->peer, a->sequence, reason, a->since_ns);
}

/* Return: 0: granted; 1: it turned out stale, look for another; -errno */
static int grant(const struct ask *a, struct backend *b, uint32_t flags)
{
	struct control_grant m = { .flags = flags };
	int r;

	if (!(flags & CONTROL_GRANT_FRESH) && !backend_is_clean(b)) {
		backend_close(b);
		return 1;
	}
	b->is_surplus = pool_connections(a->pool) > a->pool->max_connections;
	b->is_asked_back = thaw_has_to_time(b) || b->is_surplus || pgrp_has_to_count(a->pool);
	r = lease_lend(b, a->session);
	if (r < 0)
		return r;
	if (a->since_ns)
		figures_note_wait(
			a->pool, clock_since_ns(a->since_ns, manager_now(a->pool->manager)));
	if (!a->pool->has_connection_pool)
		m.flags |= CONTROL_GRANT_ONCE;
	m.slot = b->slot;
	m.generation = b->generation;
	peer_send_grant(a->session->peer, a->sequence, &m, b->fd);
	return 0;
}

static int connect_and_grant(const struct ask *a, bool has_to_start)
{
	struct pool *p = a->pool;
	uint32_t flags = CONTROL_GRANT_FRESH;
	struct backend *b;
	int r;

	if (has_to_start) {
		r = starter_begin(p, "lease");
		if (r < 0)
			return r;
	}
	if (p->state != POOL_READY)
		flags |= CONTROL_GRANT_COLD;
	r = backend_connect(p, &b);
	return r < 0 ? r : grant(a, b, flags);
}

/* Its holder finds it revoked, and asks for another when it has a request. */
bool ask_evict(struct backend *b)
{
	struct manager *m = b->pool->manager;

	if (b->session && !lease_recall(b))
		return false; /* taken just now */
	m->stats.evictions++;
	log_debug("lease.evict", F_POOL(b->pool));
	backend_close(b);
	return true;
}

/* Return: 0: done; 1: the world has changed, decide again; 2: ... with a place; -errno */
static int carry_out(const struct ask *a, enum pool_action action, struct backend *oldest)
{
	struct pool *p = a->pool;
	struct list_node *n;

	switch (action) {
	case POOL_GRANT_IDLE:
		n = list_first(&p->unheld);
		return grant(a, LIST_OWNER(n, struct backend, node),
			p->state == POOL_READY ? 0 : CONTROL_GRANT_COLD);
	case POOL_REVOKE:
		assert(oldest); /* the policy saw that there is one */
		return lease_recall(oldest) ? grant(a, oldest, 0) : 1;
	case POOL_CONNECT:
		return connect_and_grant(a, false);
	case POOL_START:
		return connect_and_grant(a, true);
	case POOL_EVICT:
		assert(oldest);
		return ask_evict(oldest) ? 2 : 1;
	case POOL_QUEUE:
	case POOL_REJECT:
	case POOL_ACTION_COUNT:
		break;
	}
	return 0;
}

bool ask_now(const struct ask *a)
{
	struct manager *m = a->pool->manager;
	bool has_place = false;

	for (int i = 0; i < ASK_ATTEMPTS; i++) {
		struct backend *oldest;
		struct pool_figures f = figures(a, has_place, &oldest);
		struct pool_decision d = pool_policy_decide(&f);
		int r;

		if (d.action == POOL_QUEUE)
			return false;
		if (d.action == POOL_REJECT) {
			ask_refuse(a, d.reason);
			return true;
		}
		r = carry_out(a, d.action, oldest);
		has_place = has_place || r == 2;
		if (r == 0) {
			m->stats.grants[d.action]++;
			return true;
		}
		if (r == -EAGAIN) { /* the backlog is full of those who have given up */
			ask_refuse(a, REASON_BUSY);
			return true;
		}
		if (r < 0) {
			log_error("lease.error", F_POOL(a->pool), F_ERRNO(r));
			ask_refuse(a, REASON_INTERNAL);
			return true;
		}
	}
	ask_refuse(a, REASON_BUSY);
	return true;
}
