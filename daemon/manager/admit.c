/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/admit.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pool_policy.h"

/*
 * An attempt fails when a holder takes its idle lease again just now, or when lsphp has closed a
 * kept connection; each failure takes one candidate away. More than this is not bad luck.
 */
#define ADMIT_ATTEMPTS 64

/** One request for a connection. */
struct ask {
	struct pool *pool;
	struct session *session;
	uint32_t sequence;
	bool can_wait;
	uint32_t ahead;    /* waiters before it */
	uint64_t since_ns; /* it has waited since then; 0: it is new */
};

/* What is idle for longest: of the pool's leases or, if it has none and the host is full, of all.
 */
static struct pool_figures figures(const struct ask *a, struct backend **ret_oldest)
{
	struct pool *p = a->pool;
	struct manager *m = p->manager;
	uint64_t now = manager_now(m);
	struct pool_figures f = {
		.state = p->state,
		.is_stopping = shutdown_is_under_way(&m->shutdown),
		.has_slot = session_has_slot(a->session),
		.unheld = (uint32_t)p->unheld.count,
		.connections = pool_connections(p),
		.children = p->children,
		.host_connections = m->connections,
		.host_limit = m->config->max_children_total,
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
	if (!f.unheld && !f.has_idle && f.host_connections >= f.host_limit) {
		*ret_oldest = lease_find_oldest_anywhere(m, now);
		f.has_idle_elsewhere = *ret_oldest != NULL;
	}
	return f;
}

static void send_reject(const struct ask *a, enum reason reason)
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
	r = lease_lend(b, a->session);
	if (r < 0)
		return r;
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

static int wait_for_one(const struct ask *a, uint32_t wait_ms)
{
	struct pool *p = a->pool;
	uint64_t now = manager_now(p->manager);
	const struct waiter who = {
		.pool = p,
		.session = a->session,
		.sequence = a->sequence,
		.since_ns = now,
		.until_ns = now + wait_ms * NS_PER_MS,
	};

	return waitq_add(&p->waitq, &a->session->waiters, &who);
}

/* Its holder finds it revoked, and asks for another when it has a request. */
static void evict(struct backend *b)
{
	struct manager *m = b->pool->manager;

	if (b->session && !lease_recall(b))
		return; /* taken just now */
	m->stats.evictions++;
	log_debug("lease.evict", F_UINT("pool", b->pool->id), F_STR("name", b->pool->name));
	backend_close(b);
}

/* Return: 0: done; 1: the world has changed, decide again; -errno */
static int carry_out(const struct ask *a, enum pool_action action, struct backend *oldest)
{
	struct pool *p = a->pool;
	struct list_node *n;

	switch (action) {
	case POOL_GRANT_IDLE:
		n = list_first(&p->unheld);
		return grant(a, LIST_OWNER(n, struct backend, node), 0);
	case POOL_REVOKE:
		assert(oldest); /* the policy saw that there is one */
		return lease_recall(oldest) ? grant(a, oldest, 0) : 1;
	case POOL_CONNECT:
		return connect_and_grant(a, false);
	case POOL_START:
		return connect_and_grant(a, true);
	case POOL_EVICT:
		assert(oldest);
		evict(oldest);
		return 1;
	case POOL_QUEUE:
	case POOL_REJECT:
	case POOL_ACTION_COUNT:
		break;
	}
	return 0;
}

/*
 * Return: true if the request was answered; false: it has to wait. A failure of the daemon itself
 * (descriptors, memory) is answered as such and logged with its cause.
 */
static bool ask_now(const struct ask *a)
{
	struct manager *m = a->pool->manager;

	for (int i = 0; i < ADMIT_ATTEMPTS; i++) {
		struct backend *oldest;
		struct pool_figures f = figures(a, &oldest);
		struct pool_decision d = pool_policy_decide(&f);
		int r;

		if (d.action == POOL_QUEUE)
			return false;
		if (d.action == POOL_REJECT) {
			send_reject(a, d.reason);
			return true;
		}
		r = carry_out(a, d.action, oldest);
		if (r == 0) {
			m->stats.grants[d.action]++;
			return true;
		}
		if (r == -EAGAIN) { /* the backlog is full of those who have given up */
			send_reject(a, REASON_BUSY);
			return true;
		}
		if (r < 0) {
			if (ratelimit_take(&m->error_rate, manager_now(m)))
				log_error("lease.error", F_UINT("pool", a->pool->id),
					F_STR("name", a->pool->name), F_ERRNO(r),
					F_UINT("untold", ratelimit_steal_refused(&m->error_rate)));
			send_reject(a, REASON_INTERNAL);
			return true;
		}
	}
	send_reject(a, REASON_BUSY);
	return true;
}

static void arm_wait_timer(struct pool *p)
{
	uint64_t next = waitq_next_ns(&p->waitq);
	uint64_t now = manager_now(p->manager);
	uint64_t left = next > now ? next - now : 0;
	struct timeval tv = {
		.tv_sec = (time_t)(left / NS_PER_S),
		.tv_usec = (suseconds_t)(left % NS_PER_S / NS_PER_US) + 1,
	};

	if (next == UINT64_MAX)
		(void)evtimer_del(&p->wait_timer);
	else
		(void)evtimer_add(&p->wait_timer, &tv);
}

static void answer_waiter(struct waiter *w, enum reason reason)
{
	const struct ask a = {
		.pool = w->pool,
		.session = w->session,
		.sequence = w->sequence,
		.since_ns = w->since_ns,
	};

	waitq_remove(w);
	if (!waitq_count(&a.pool->waitq))
		lease_unwant_all(a.pool);
	send_reject(&a, reason);
}

/* After every change of the queue: who holds a lease has to know whether somebody waits. */
static void settle_queue(struct pool *p)
{
	if (!waitq_count(&p->waitq))
		lease_unwant_all(p);
	arm_wait_timer(p);
}

void admit_waiters(struct pool *p)
{
	struct waiter *w;
	int again = 0;

	if (!waitq_count(&p->waitq))
		return;
	while ((w = waitq_first(&p->waitq))) {
		const struct ask a = {
			.pool = p,
			.session = w->session,
			.sequence = w->sequence,
			.can_wait = true,
			.since_ns = w->since_ns,
		};

		if (!peer_is_dead(w->session->peer) && !ask_now(&a)) {
			/*
			 * One that became idle just now was not marked: it is there to be had.
			 * A session that keeps changing its words does not hold up the rest.
			 */
			if (lease_want_all(p) || ++again == ADMIT_ATTEMPTS)
				break;
			continue;
		}
		waitq_remove(w);
	}
	settle_queue(p);
}

void admit_lease(
	struct pool *p, struct session *s, uint32_t sequence, const struct control_lease *lease)
{
	uint32_t wait_ms = wait_terms_decide(&p->wait, lease->wait_ms, lease->flags);
	const struct ask a = {
		.pool = p,
		.session = s,
		.sequence = sequence,
		.can_wait = wait_ms > 0,
		.ahead = waitq_count(&p->waitq),
	};
	int r;

	p->counts.leases++;
	p->manager->stats.leases++;
	if (ask_now(&a))
		return;
	r = wait_for_one(&a, wait_ms);
	if (r) {
		send_reject(&a, r < 0 ? REASON_INTERNAL : REASON_QUEUE_FULL);
		return;
	}
	p->manager->stats.grants[POOL_QUEUE]++;
	/* it asks once more, now from the queue: a lease may have become idle before it was marked
	 */
	admit_waiters(p);
	if (waitq_find(&s->waiters, sequence))
		peer_send_queued(s->peer, sequence, &(struct control_queued){ .wait_ms = wait_ms });
}

void admit_refuse_waiters(struct pool *p, uint32_t reason)
{
	struct waiter *w;

	while ((w = waitq_first(&p->waitq)))
		answer_waiter(w, (enum reason)reason);
	settle_queue(p);
}

void admit_cancel(struct waiter *w)
{
	struct pool *p = w->pool;

	waitq_remove(w);
	settle_queue(p);
}

static void on_wait_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;
	struct waiter *w;

	(void)fd;
	(void)what;
	while ((w = waitq_expired(&p->waitq, manager_now(p->manager))))
		answer_waiter(w, REASON_QUEUE_TIMEOUT);
	settle_queue(p);
}

void admit_init(struct pool *p)
{
	(void)evtimer_assign(&p->wait_timer, p->manager->base, on_wait_timer, p);
}
