/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/admit.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/manager/ask.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/recycle.h"

/* A holder changes its word twice per request: who is found idle so often is not waited for. */
#define ADMIT_ATTEMPTS 64
/* That a connection elsewhere has become idle, or left over, no message tells. */
#define ADMIT_TICK_MS 100

static void on_wait_timer(evutil_socket_t fd, short what, void *arg);

/* Return: 0; 1 if the queue is full; -ENOMEM */
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

	if (!p->wait_timer)
		p->wait_timer = evtimer_new(p->manager->base, on_wait_timer, p);
	return p->wait_timer ? waitq_add(&p->waitq, &a->session->waiters, &who) : -ENOMEM;
}

static void arm_wait_timer(struct pool *p)
{
	uint64_t now = manager_now(p->manager);
	uint64_t next = waitq_next_ns(&p->waitq);
	uint64_t left;
	struct timeval tv;

	if (!p->wait_timer)
		return; /* nobody has ever waited */
	/* a pool that could not fork may be able to by then */
	if (waitq_count(&p->waitq) && unborn_is_stuck(&p->unborn, now) && p->unborn.until_ns < next)
		next = p->unborn.until_ns;
	left = next > now ? next - now : 0;
	tv = (struct timeval){
		.tv_sec = (time_t)(left / NS_PER_S),
		.tv_usec = (suseconds_t)(left % NS_PER_S / NS_PER_US) + 1,
	};
	if (next == UINT64_MAX)
		(void)evtimer_del(p->wait_timer);
	else
		(void)evtimer_add(p->wait_timer, &tv);
}

/* --- who waits --------------------------------------------------------------------------- */

/*
 * A pool with a waiter waits for one of its own connections, unless it has fewer than it may and
 * could fork more: then for the host. This is looked at after everything that could change it.
 */
static void note_waiting(struct pool *p)
{
	struct manager *m = p->manager;
	const struct waiter *first = waitq_first(&p->waitq);

	if (first && pool_connections(p) < p->children &&
		!unborn_is_stuck(&p->unborn, manager_now(m))) {
		users_hold_back(&m->users, &p->held_back, p->user, first->since_ns);
	} else if (held_back_is_in(&p->held_back)) {
		users_let_go(&m->users, &p->held_back);
		m->admit.has_news = true; /* whoever comes after it may need less */
	}
}

void admit_gained(struct pool *p)
{
	p->manager->connections++;
	users_gain(&p->manager->users, p->user);
	note_waiting(p);
}

void admit_lost(struct pool *p)
{
	p->manager->connections--;
	users_lose(&p->manager->users, p->user);
	p->manager->admit.has_news = true;
	note_waiting(p);
}

/* After every change of the queue: who holds a lease has to know whether somebody waits. */
static void settle_queue(struct pool *p)
{
	if (!waitq_count(&p->waitq))
		lease_unwant_all(p);
	note_waiting(p);
	arm_wait_timer(p);
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
	settle_queue(a.pool);
	ask_refuse(&a, reason);
}

/*
 * Out of the queue while it is being answered: should the pool fail over it, then everybody else
 * is refused, and this one not twice.
 *
 * Return: true if the first waiter of @p was answered; false: it waits on.
 */
static bool serve_first(struct pool *p)
{
	struct waiter *w = waitq_pop(&p->waitq);
	const struct ask a = {
		.pool = p,
		.session = w->session,
		.sequence = w->sequence,
		.can_wait = true,
		.since_ns = w->since_ns,
	};
	bool is_answered = peer_is_dead(w->session->peer) || ask_now(&a);

	if (is_answered)
		waitq_free(w);
	else
		waitq_unpop(&p->waitq, &w->session->waiters, w);
	note_waiting(p);
	return is_answered;
}

/* Those that wait for a connection of this pool, first come first served. */
static void serve_pool(struct pool *p)
{
	int again = 0;

	if (!waitq_count(&p->waitq))
		return;
	while (waitq_count(&p->waitq)) {
		if (serve_first(p))
			continue;
		/*
		 * One that became idle just now was not marked: it is there to be had. A session
		 * that keeps changing its words does not hold up the rest.
		 */
		if (lease_want_all(p) || ++again == ADMIT_ATTEMPTS)
			break;
	}
	settle_queue(p);
}

static bool is_poor(const struct manager *m, const struct user *u)
{
	const struct fair_figures f = ask_fair(m, u);

	return u->held < fair_share(&f);
}

static void arm_tick(struct manager *m)
{
	static const struct timeval later = { .tv_usec = ADMIT_TICK_MS * 1000 };

	if (!users_next(&m->users))
		(void)evtimer_del(&m->admit.tick);
	else if (!evtimer_pending(&m->admit.tick, NULL))
		(void)evtimer_add(&m->admit.tick, &later);
}

/*
 * Those that the ceiling of the host holds back: the user that holds least first. If there is
 * nothing that he may take, there is nothing that anybody may (fair.h).
 */
static void serve_held_back(struct manager *m)
{
	struct held_back *h;

	m->admit.has_news = false;
	while ((h = users_next(&m->users))) {
		struct pool *p = LIST_OWNER(h, struct pool, held_back);
		bool is_served = serve_first(p);

		if (!is_served && is_poor(m, p->user) && spares_want(m, manager_now(m)))
			is_served = serve_first(p);
		settle_queue(p);
		if (!is_served)
			break;
	}
	m->admit.has_news = false;
	arm_tick(m);
}

void admit_turn_over(struct manager *m)
{
	if (m->admit.has_news)
		serve_held_back(m);
}

void admit_room(struct pool *p)
{
	admit_turn_over(p->manager);
	serve_pool(p);
}

void admit_returned(struct backend *b)
{
	struct manager *m = b->pool->manager;
	const struct held_back *next = users_next(&m->users);
	struct fair_figures f;

	if (!next)
		return;
	f = ask_fair(m, b->pool->user);
	if (fair_must_yield(&f, b->pool->user->held, next->user->held)) {
		(void)ask_evict(b);
		return;
	}
	spares_note(m, b);
	m->admit.has_news = true; /* unless somebody of its own pool takes it */
}

void admit_lease(
	struct pool *p, struct session *s, uint32_t sequence, const struct control_lease *lease)
{
	uint32_t wait_ms = wait_terms_decide(&p->wait, lease->wait_ms, lease->flags);
	struct ask a = {
		.pool = p,
		.session = s,
		.sequence = sequence,
		.ahead = waitq_count(&p->waitq),
	};
	int r;

	/* the place of a child that is being recycled is worth a moment, whatever was asked for */
	if (wait_ms < recycle_wait_ms(p))
		wait_ms = recycle_wait_ms(p);
	a.can_wait = wait_ms > 0;
	p->counts.leases++;
	p->manager->stats.leases++;
	admit_turn_over(p->manager); /* nobody passes those who wait for what is free */
	if (ask_now(&a))
		return;
	r = wait_for_one(&a, wait_ms);
	if (r) {
		ask_refuse(&a, r < 0 ? REASON_INTERNAL : REASON_QUEUE_FULL);
		return;
	}
	p->manager->stats.grants[POOL_QUEUE]++;
	/* it asks once more, now from the queue: a lease may have become idle before it was marked
	 */
	serve_pool(p);
	if (held_back_is_in(&p->held_back))
		serve_held_back(p->manager);
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
	serve_pool(p);
	settle_queue(p);
}

void admit_free_pool(struct pool *p)
{
	if (p->wait_timer)
		event_free(p->wait_timer);
	p->wait_timer = NULL;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve_held_back(arg);
}

int admit_init(struct admit *a, struct manager *m)
{
	a->has_news = false;
	spares_init(&a->spares);
	return evtimer_assign(&a->tick, m->base, on_tick, m) < 0 ? -ENOMEM : 0;
}

void admit_deinit(struct admit *a)
{
	if (event_initialized(&a->tick))
		(void)event_del(&a->tick);
}
