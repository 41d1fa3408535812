/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/idle.h"

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "proto/lease_table.h"

uint64_t idle_left_ns(uint64_t limit_ns, bool is_busy, uint64_t last_use_ns, uint64_t now_ns)
{
	uint64_t idle_ns = clock_since_ns(last_use_ns, now_ns);

	if (is_busy)
		return limit_ns;
	return idle_ns >= limit_ns ? 0 : limit_ns - idle_ns;
}

static void arm(struct pool *p, uint64_t left_ns)
{
	struct timeval tv = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		/* not before: else it would be asked again and again for the rest of it */
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US) + 1,
	};

	/* without memory for it the pool just stays */
	(void)evtimer_add(p->idle_timer, &tv);
}

bool idle_is_in_use(const struct pool *p, uint64_t *ret_last_use_ns)
{
	uint64_t last = p->since_ns;
	struct list_node *n, *tmp;

	if (waitq_count(&p->waitq))
		return true; /* the host holds it back: it is needed all the same */
	LIST_FOREACH (&p->held, n, tmp) {
		const struct backend *b = LIST_OWNER(n, struct backend, node);
		uint64_t since = atomic_load_explicit(
			&b->session->table->slot[b->slot].since_ns, memory_order_relaxed);

		if (lease_is_busy(b))
			return true;
		if (since > last)
			last = since;
	}
	LIST_FOREACH (&p->unheld, n, tmp) {
		const struct backend *b = LIST_OWNER(n, struct backend, node);

		if (b->idle_since_ns > last)
			last = b->idle_since_ns;
	}
	if (p->last_close_ns > last)
		last = p->last_close_ns;
	*ret_last_use_ns = last;
	return false;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;
	uint64_t limit_ns = p->pgrp_max_idle_s * NS_PER_S;
	uint64_t last = 0;
	bool is_busy = idle_is_in_use(p, &last);
	uint64_t left_ns = idle_left_ns(limit_ns, is_busy, last, manager_now(p->manager));

	(void)fd;
	(void)what;
	if (!limit_ns)
		return; /* a reload has made it stay for ever */
	if (!left_ns && (freeze_is_under_way(p) || freeze_before_end(p)))
		left_ns = limit_ns;
	/* a holder may take its idle lease between the look and the deed: then the pool is in use
	 */
	if (!left_ns && lease_drop_idle(p))
		left_ns = limit_ns;
	if (left_ns)
		arm(p, left_ns);
	else
		starter_retire(p, "idle");
}

void idle_arm(struct pool *p)
{
	if (!p->pgrp_max_idle_s) {
		idle_disarm(p);
		return;
	}
	if (!p->idle_timer)
		p->idle_timer = evtimer_new(p->manager->base, on_timer, p);
	if (p->idle_timer)
		arm(p, p->pgrp_max_idle_s * NS_PER_S);
}

void idle_disarm(struct pool *p)
{
	if (p->idle_timer)
		(void)evtimer_del(p->idle_timer);
}

void idle_free(struct pool *p)
{
	if (p->idle_timer)
		event_free(p->idle_timer);
	p->idle_timer = NULL;
}
