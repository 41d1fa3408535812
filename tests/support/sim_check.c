/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What must hold on the simulated host. Everything is counted anew from what was seen from outside;
 * nothing of the code under test decides about itself.
 */

#include "daemon/base/clock.h"
#include "tests/support/sim.h"
#include "tests/support/sim_io.h"
#include "tests/support/t.h"

/* Does the first waiter of a pool wait for the host alone? Not if PHP could not fork just now. */
static bool is_held_back(const struct sim *s, const struct sim_pool *at)
{
	const struct pool *p = at->pool;

	return !list_is_empty(&at->asks) && pool_connections(p) < p->children &&
	       !unborn_is_stuck(&p->unborn, s->manager.now_ns);
}

/* --- counting anew ------------------------------------------------------------------------ */

static uint32_t users_of_host(const struct sim *s)
{
	static uint32_t seen[SIM_USERS];
	static uint32_t turn;
	uint32_t count = 0;

	turn++;
	for (size_t i = 0; i < SIM_POOLS; i++) {
		const struct pool *p = s->pool[i].pool;
		bool is_active = pool_connections(p) || is_held_back(s, &s->pool[i]);

		if (is_active && seen[p->uid - 1000] != turn) {
			seen[p->uid - 1000] = turn;
			count++;
		}
	}
	return count;
}

/* The share by the manager's own count, which sim_check_all() compares with users_of_host(). */
static uint32_t share_of(const struct sim *s, const struct user *u)
{
	const struct users *us = &s->manager.users;
	uint32_t users = us->active + (u->held == 0 && heap_is_empty(&u->held_back));
	uint32_t share = s->config.max_children_total / (users ? users : 1);

	return share ? share : 1;
}

static uint32_t reserve_of(const struct sim *s)
{
	uint32_t reserve = s->config.max_children_total / 16;

	return reserve ? reserve : 1;
}

static uint32_t free_of(const struct sim *s)
{
	uint32_t limit = s->config.max_children_total;

	return s->manager.connections < limit ? limit - s->manager.connections : 0;
}

/* --- limits and shares -------------------------------------------------------------------- */

static bool may_grow(const struct sim *s, const struct user *u)
{
	if (u->held < share_of(s, u))
		return free_of(s) > 0;
	return free_of(s) > reserve_of(s);
}

/* One goes, one comes: the place of somebody who has no less, or of what nobody used. */
static void check_swap(struct sim *s, const struct user *u)
{
	if (!s->victim.is_fresh)
		sim_fail(s, "a user at his share took what is kept for others");
	if (s->victim.user != u && s->victim.held < u->held && s->victim.idle_ns <= NS_PER_S)
		sim_fail(s, "a user at his share took the place of a poorer one");
	s->counts[SIM_SWAPS]++;
}

void sim_check_growth(struct sim *s, struct pool *p)
{
	const struct user *u = p->user;

	if (pool_connections(p) >= p->children)
		sim_fail(s, "more connections than the pool may have");
	if (s->manager.connections >= s->config.max_children_total)
		sim_fail(s, "more connections than the host may have");
	if (u->held >= share_of(s, u)) {
		s->counts[SIM_AT_SHARE]++;
		if (free_of(s) <= reserve_of(s))
			check_swap(s, u);
	}
	s->victim.is_fresh = false;
}

void sim_check_close(struct sim *s, const struct backend *b)
{
	if (b->session)
		sim_fail(s, "a connection was closed under its holder");
	if (b == s->yields)
		s->yields = NULL;
	if (s->manager.stats.evictions == s->evictions_seen)
		return;
	s->evictions_seen = s->manager.stats.evictions;
	s->victim.is_fresh = true;
	s->victim.user = b->pool->user;
	s->victim.held = b->pool->user->held;
	s->victim.idle_ns = clock_since_ns(b->idle_since_ns, s->manager.now_ns);
}

/* What a user above his share gives back is for one below his, if one waits. */
void sim_check_return(struct sim *s, const struct backend *b)
{
	const struct held_back *next = users_next(&s->manager.users);
	const struct user *u = b->pool->user;
	bool is_for_poor = next && next->user != u && next->user->held < share_of(s, u) &&
			   u->held > share_of(s, u);

	s->yields = is_for_poor ? b : NULL;
}

void sim_check_returned(struct sim *s)
{
	if (s->yields)
		sim_fail(s, "a user above his share kept what a poor one waits for");
}

/* --- order, and who waits ------------------------------------------------------------------ */

void sim_check_grant(struct sim *s, const struct sim_ask *a)
{
	const struct list_node *first = list_first(&a->pool->asks);

	s->counts[SIM_GRANTED]++;
	if (a->pool->pool->is_stopped)
		sim_fail(s, "a stopped pool serves");
	if (!a->is_queued && first)
		sim_fail(s, "served before those who came first");
	if (a->is_queued && first != &a->of_pool)
		sim_fail(s, "not the one who came first");
	s->counts[SIM_QUEUED_GRANTED] += a->is_queued;
}

void sim_check_queued(struct sim *s, const struct sim_ask *a)
{
	if (a->pool->asks.count > a->pool->pool->wait.queue_length)
		sim_fail(s, "a queue longer than it may be");
}

/* Nothing that this pool's first waiter could have is there. */
static void check_waiter(struct sim *s, const struct sim_pool *at)
{
	const struct pool *p = at->pool;
	struct list_node *n, *tmp;

	if (waitq_count(&p->waitq) != at->asks.count)
		sim_fail(s, "a waiter was forgotten");
	if (p->unheld.count)
		sim_fail(s, "somebody waits while the pool has a connection that nobody holds");
	LIST_FOREACH (&p->held, n, tmp) {
		if (!lease_is_busy(LIST_OWNER(n, struct backend, node)))
			sim_fail(s, "somebody waits while a lease of the pool is idle");
	}
	if (p->state == POOL_FAILED && backoff_left_ns(&p->backoff, s->manager.now_ns))
		sim_fail(s, "somebody waits for a pool that failed");
	if (is_held_back(s, at) && may_grow(s, p->user))
		sim_fail(s, "somebody waits although there is room for him");
	s->counts[SIM_HELD_BACK] += is_held_back(s, at);
}

/* Whose turn it is to start is asked for at once. */
static void check_starts(struct sim *s)
{
	const struct manager *m = &s->manager;
	size_t starting = m->pools.by_state[POOL_STARTING].count - m->starter.queue.count;

	if (m->starter.queue.count && starting < s->config.max_concurrent_starts)
		sim_fail(s, "a pool waits for its start although there is room for it");
}

void sim_check_turn(struct sim *s)
{
	struct list_node *n = list_first(&s->waiting);
	struct heap_node *due = heap_first(&s->due);

	if (due && HEAP_OWNER(due, struct sim_ask, due)->until_ns + NS_PER_MS < s->manager.now_ns)
		sim_fail(s, "somebody waits for longer than he may");
	check_starts(s);
	if (!n)
		return;
	/* one after the other */
	list_remove(n);
	list_push_back(&s->waiting, n);
	check_waiter(s, LIST_OWNER(n, struct sim_pool, waits));
}

/* A user below his share is next, and time has passed: then nothing of others is idle. */
static void check_poor_waiter(struct sim *s, const struct sim_pool *at)
{
	static const enum pool_state serving[] = { POOL_READY, POOL_STARTING };
	const struct pool *p = at->pool;
	uint64_t now = s->manager.now_ns;
	struct list_node *n, *k, *tmp, *tmp2;

	if (!is_held_back(s, at) || p->user->held >= share_of(s, p->user) ||
		users_next(&s->manager.users) != &p->held_back)
		return;
	for (size_t i = 0; i < T_COUNT(serving); i++) {
		LIST_FOREACH (&s->manager.pools.by_state[serving[i]], n, tmp) {
			const struct pool *other = LIST_OWNER(n, struct pool, state_node);

			LIST_FOREACH (&other->held, k, tmp2) {
				const struct backend *b = LIST_OWNER(k, struct backend, node);
				uint64_t idle_ns;

				if (lease_is_idle(b, now, &idle_ns) && idle_ns > SIM_PATIENCE_NS)
					sim_fail(s, "a poor user waits while others are idle");
			}
		}
	}
}

void sim_check_all(struct sim *s)
{
	uint32_t connections = 0, waiting = 0;
	struct list_node *n, *tmp;

	for (size_t i = 0; i < SIM_POOLS; i++) {
		connections += pool_connections(s->pool[i].pool);
		waiting += waitq_count(&s->pool[i].pool->waitq);
	}
	if (connections != s->manager.connections)
		sim_fail(s, "connections were counted wrongly");
	if (users_of_host(s) != s->manager.users.active)
		sim_fail(s, "users were counted wrongly");
	LIST_FOREACH (&s->waiting, n, tmp) {
		const struct sim_pool *at = LIST_OWNER(n, struct sim_pool, waits);

		check_waiter(s, at);
		check_poor_waiter(s, at);
		waiting -= (uint32_t)at->asks.count;
	}
	if (waiting)
		sim_fail(s, "somebody waits who has had his answer");
}

/* --- starts, and ends --------------------------------------------------------------------- */

void sim_check_spawn(struct sim *s, uint64_t spawn_id)
{
	const struct manager *m = &s->manager;
	const struct pool *p = map_find(&m->starter.by_spawn, spawn_id);
	size_t starting = m->pools.by_state[POOL_STARTING].count - m->starter.queue.count;

	s->counts[SIM_STARTS]++;
	if (starting > s->config.max_concurrent_starts)
		sim_fail(s, "more starts at once than there may be");
	if (p->is_stopped)
		sim_fail(s, "a stopped pool was started");
	if (p->backoff.until_ns > m->now_ns)
		sim_fail(s, "a pool that failed was started too early");
}

void sim_check_retire(struct sim *s, uint64_t spawn_id)
{
	const struct pool *p = map_find(&s->manager.starter.by_spawn, spawn_id);
	struct list_node *n, *tmp;

	if (!s->is_timer || !p || sim_is_restarted(s, p))
		return; /* a reload, or an order: its busy ones finish */
	s->counts[SIM_REAPED]++;
	LIST_FOREACH (&p->held, n, tmp) {
		if (lease_is_busy(LIST_OWNER(n, struct backend, node)))
			sim_fail(s, "a pool was reaped while it was busy");
	}
	if (waitq_count(&p->waitq))
		sim_fail(s, "a pool was reaped while somebody waited for it");
}

/* --- whose turn it is to start ------------------------------------------------------------- */

/*
 * Watched from outside, by the linker's --wrap: while a user waits, nobody else has two starts.
 * @since of those who wait grows along their list, so that the first one is the strictest.
 */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void __real_start_queue_add(struct start_queue *q, struct start_line *line, struct start_ticket *t);
struct start_ticket *__real_start_queue_pop(struct start_queue *q);
void __real_start_queue_remove(struct start_queue *q, struct start_ticket *t);
void __wrap_start_queue_add(struct start_queue *q, struct start_line *line, struct start_ticket *t);
struct start_ticket *__wrap_start_queue_pop(struct start_queue *q);
void __wrap_start_queue_remove(struct start_queue *q, struct start_ticket *t);

static struct sim_starter *starter_of(struct sim *s, struct start_ticket *t)
{
	return &s->starter[LIST_OWNER(t, struct pool, start_ticket)->uid - 1000];
}

static struct list_node *ticket_of(struct sim *s, struct start_ticket *t)
{
	return &s->pool[LIST_OWNER(t, struct pool, start_ticket)->id - 1].ticket;
}

static void leave(struct sim *s, struct start_ticket *t)
{
	struct sim_starter *u = starter_of(s, t);

	list_remove(ticket_of(s, t));
	if (list_is_empty(&u->tickets))
		list_remove(&u->node);
}

void __wrap_start_queue_add(struct start_queue *q, struct start_line *line, struct start_ticket *t)
{
	struct sim *s = sim_io()->context;
	struct sim_starter *u = starter_of(s, t);

	if (list_is_empty(&u->tickets)) {
		u->since = s->start_count;
		list_push_back(&s->starters, &u->node);
	}
	list_push_back(&u->tickets, ticket_of(s, t));
	__real_start_queue_add(q, line, t);
}

struct start_ticket *__wrap_start_queue_pop(struct start_queue *q)
{
	struct sim *s = sim_io()->context;
	struct start_ticket *t = __real_start_queue_pop(q);
	struct sim_starter *u;
	struct list_node *n;

	if (!t) {
		if (!list_is_empty(&s->starters))
			sim_fail(s, "nobody starts although somebody waits for it");
		return NULL;
	}
	u = starter_of(s, t);
	if (list_first(&u->tickets) != ticket_of(s, t))
		sim_fail(s, "a pool was started before an earlier one of its user");
	n = list_first(&s->starters);
	if (n != &u->node && u->last > LIST_OWNER(n, struct sim_starter, node)->since)
		sim_fail(s, "a user had two starts while another waited for his first");
	u->last = ++s->start_count;
	leave(s, t);
	if (u->node.list) {
		list_remove(&u->node);
		u->since = s->start_count;
		list_push_back(&s->starters, &u->node);
	}
	return t;
}

void __wrap_start_queue_remove(struct start_queue *q, struct start_ticket *t)
{
	if (start_ticket_is_waiting(t))
		leave(sim_io()->context, t);
	__real_start_queue_remove(q, t);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
