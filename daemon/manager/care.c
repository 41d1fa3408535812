/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/care.h"

#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/lifetime.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/recycle.h"
#include "daemon/manager/slow.h"
#include "proto/lease_table.h"

/* libevent takes no more than what an int of milliseconds holds: then there is just one more look.
 */
#define CARE_SLEEP_MAX_NS (86400ULL * NS_PER_S)

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Rounded up, so that it is due when the timer fires. */
static void arm(struct pool *p, uint64_t at_ns)
{
	struct care *c = p->care;
	uint64_t left_ns = clock_since_ns(manager_now(p->manager), at_ns);
	struct timeval tv;

	c->due_ns = at_ns;
	left_ns = earlier(left_ns, CARE_SLEEP_MAX_NS);
	tv.tv_sec = (time_t)(left_ns / NS_PER_S);
	tv.tv_usec = (suseconds_t)((left_ns % NS_PER_S + NS_PER_US - 1) / NS_PER_US);
	if (tv.tv_usec == 1000000) {
		tv.tv_sec++;
		tv.tv_usec = 0;
	}
	if (evtimer_add(&c->timer, &tv) < 0)
		c->due_ns = UINT64_MAX; /* no memory: the next lease tries again */
}

/* --- requests that run for too long ------------------------------------------------------- */

static void log_step(struct backend *b, enum overdue_step step, uint64_t ran_ns)
{
	const struct pool *p = b->pool;
	static const char *const deeds[OVERDUE_STEP_COUNT] = {
		[OVERDUE_TERM] = "SIGTERM",
		[OVERDUE_KILL] = "SIGKILL",
		[OVERDUE_CUT] = "connection closed",
	};

	log_warn("request.runaway", F_POOL(p), F_UINT("pid", backend_child_pid(b)),
		F_UINT("ran_ms", ran_ns / NS_PER_MS),
		F_UINT("max_process_time_s", p->max_process_time_s), F_STR("outcome", deeds[step]),
		F_STR("remedy", "mend the script, or raise max_process_time for this site"));
}

/*
 * Its holder is asked for the connection first: should the request end in this moment, no other
 * follows on it that the signal could hit.
 *
 * Return: false: it has ended
 */
static bool begin_end(struct backend *b)
{
	struct pool *p = b->pool;
	struct lease_slot *slot = backend_slot(b);

	lease_condemn(b);
	if (!lease_is_busy(b) || atomic_load(&slot->since_ns) != b->overdue.since_ns) {
		b->is_condemned = false;
		return false;
	}
	lease_set_fate(slot, LEASE_FATE_RUNAWAY, p->max_process_time_s);
	p->care->runaways++;
	p->manager->stats.runaways++;
	return true;
}

static void take_step(struct backend *b, enum overdue_step step, uint64_t now_ns)
{
	bool is_first = step == OVERDUE_TERM || !backend_child_pid(b);

	if (is_first && !begin_end(b)) {
		b->overdue = (struct overdue){ .since_ns = 0 };
		return;
	}
	log_step(b, step, clock_since_ns(b->overdue.since_ns, now_ns));
	/* B59: the supervisor takes one request after another, so this comes before the signal */
	if (is_first && b->pool->has_dump_debug_info)
		backend_signal(b, PRIV_SIGNAL_CHILD_DUMP);
	switch (step) {
	case OVERDUE_TERM:
		backend_signal(b, PRIV_SIGNAL_CHILD_TERM);
		break;
	case OVERDUE_KILL:
		backend_signal(b, PRIV_SIGNAL_CHILD_KILL);
		break;
	case OVERDUE_CUT:
		/* its holder has the same open file: it reads the end, and says CLOSE */
		backend_cut(b);
		break;
	case OVERDUE_NONE:
	case OVERDUE_STEP_COUNT:
		break;
	}
}

/* Return: when to look at this one again */
static uint64_t look_at_request(struct backend *b, uint64_t now_ns)
{
	bool is_busy = lease_is_busy(b);
	struct overdue_figures f = {
		.limit_ns = b->pool->max_process_time_s * NS_PER_S,
		.since_ns = atomic_load(&backend_slot(b)->since_ns),
		.is_busy = is_busy,
		.has_pid = backend_child_pid(b) != 0,
	};
	uint64_t next_ns;
	enum overdue_step step;

	f.is_unread = is_busy && !f.has_pid && backend_is_unread(b);
	step = overdue_look(&b->overdue, &f, now_ns, &next_ns);
	if (step != OVERDUE_NONE)
		take_step(b, step, now_ns);
	return next_ns;
}

static uint64_t look_at_requests(struct pool *p, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp)
		next_ns = earlier(
			next_ns, look_at_request(LIST_OWNER(n, struct backend, node), now_ns));
	return next_ns;
}

/* --- life of the parent ------------------------------------------------------------------- */

static uint64_t parent_end_ns(const struct pool *p)
{
	uint64_t life_ns;

	if (p->state != POOL_READY || !p->parent.spawn_id || p->parent.is_retiring)
		return UINT64_MAX;
	life_ns = lifetime_ns(p->max_lifetime_s * NS_PER_S, p->parent.spawn_id);
	return life_ns == UINT64_MAX ? life_ns : p->parent.since_ns + life_ns;
}

static uint64_t look_at_parent(struct pool *p, uint64_t now_ns)
{
	uint64_t end_ns = parent_end_ns(p);

	if (end_ns > now_ns || shutdown_is_under_way(&p->manager->shutdown))
		return end_ns > now_ns ? end_ns : UINT64_MAX;
	log_info("pool.lifetime", F_POOL(p), F_INT("pid", p->parent.pid),
		F_UINT("lived_ms", clock_since_ns(p->parent.since_ns, now_ns) / NS_PER_MS),
		F_UINT("max_lifetime_s", p->max_lifetime_s));
	p->care->lifetimes++;
	p->manager->stats.lifetimes++;
	lease_retire(p);
	starter_retire(p, "lifetime");
	return UINT64_MAX;
}

/* --- the timer ---------------------------------------------------------------------------- */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;
	uint64_t now_ns = manager_now(p->manager);
	uint64_t next_ns;

	(void)fd;
	(void)what;
	p->care->due_ns = UINT64_MAX; /* what is lent meanwhile sets it anew */
	next_ns = look_at_requests(p, now_ns);
	next_ns = earlier(next_ns, slow_look(p, now_ns));
	next_ns = earlier(next_ns, recycle_look(p, now_ns));
	next_ns = earlier(next_ns, look_at_parent(p, now_ns));
	next_ns = earlier(next_ns, pgrp_look(p, now_ns));
	next_ns = earlier(next_ns, freeze_look(p, now_ns));
	if (next_ns < p->care->due_ns)
		arm(p, next_ns);
}

static bool make(struct pool *p)
{
	struct care *c;

	if (p->care)
		return true;
	c = calloc(1, sizeof(*c));
	if (!c)
		return false;
	c->due_ns = UINT64_MAX;
	list_init(&c->leaving);
	c->weigh_round = 1; /* 0: a connection that was in none */
	if (evtimer_assign(&c->timer, p->manager->base, on_timer, p) < 0) {
		free(c);
		return false;
	}
	p->care = c;
	return true;
}

void care_wake(struct pool *p)
{
	uint64_t now_ns = manager_now(p->manager);
	uint64_t due_ns = parent_end_ns(p);

	if (!make(p))
		return;
	if (!list_is_empty(&p->held))
		due_ns = earlier(due_ns, now_ns + p->max_process_time_s * NS_PER_S);
	due_ns = earlier(due_ns, slow_next_ns(p, now_ns));
	due_ns = earlier(due_ns, recycle_next_ns(p, now_ns));
	due_ns = earlier(due_ns, pgrp_next_ns(p, now_ns));
	due_ns = earlier(due_ns, freeze_next_ns(p, now_ns));
	if (due_ns < p->care->due_ns)
		arm(p, due_ns);
}

void care_look_now(struct pool *p)
{
	if (p->care)
		arm(p, manager_now(p->manager));
}

void care_free(struct pool *p)
{
	if (!p->care)
		return;
	(void)evtimer_del(&p->care->timer);
	free(p->care);
	p->care = NULL;
}
