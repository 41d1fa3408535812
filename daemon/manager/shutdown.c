/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/shutdown.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

/* Holders are asked to RETURN; this is for those that end otherwise, and for the grace. */
#define SHUTDOWN_TICK_MS 50

static const enum pool_state active_states[] = { POOL_STARTING, POOL_READY };

static struct pool *first_active(struct manager *m)
{
	for (size_t i = 0; i < sizeof(active_states) / sizeof(active_states[0]); i++) {
		struct list_node *n = list_first(&m->pools.by_state[active_states[i]]);

		if (n)
			return LIST_OWNER(n, struct pool, state_node);
	}
	return NULL;
}

/* Idle connections go at once; those that work are to come back when they are done. */
static void retire(struct pool *p)
{
	admit_refuse_waiters(p, REASON_STOPPING);
	(void)lease_drop_idle(p);
	(void)lease_want_all(p); /* one that became idle just now is dropped by the next tick */
	starter_retire(p, "stopping");
}

static uint32_t drop_idle_everywhere(struct manager *m)
{
	struct list_node *n, *tmp;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp)
			(void)lease_drop_idle(LIST_OWNER(n, struct pool, state_node));
	}
	return m->connections;
}

static void arm(struct manager *m)
{
	static const struct timeval tick = { .tv_usec = SHUTDOWN_TICK_MS * 1000 };

	(void)evtimer_add(&m->shutdown.tick, &tick);
}

static void finish(struct manager *m, bool is_drained)
{
	const struct priv_message msg = { .type = PRIV_STOPPED };

	m->shutdown.is_over = true;
	log_notice("manager.stopped", F_STR("how", is_drained ? "drained" : "grace-over"),
		F_UINT("connections", m->connections),
		F_UINT("parents", starter_count(&m->starter)));
	if (supervisor_link_send(&m->link, &msg, NULL) == 0)
		supervisor_link_flush(&m->link);
	manager_quit(m, 0);
}

void shutdown_check(struct manager *m)
{
	struct shutdown *s = &m->shutdown;

	if (!s->is_under_way || s->is_over)
		return;
	if (!m->connections && !starter_count(&m->starter))
		finish(m, true);
	else if (manager_now(m) >= s->until_ns)
		finish(m, false);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;

	(void)fd;
	(void)what;
	(void)drop_idle_everywhere(m);
	shutdown_check(m);
	if (!m->shutdown.is_over)
		arm(m);
}

void shutdown_begin(struct manager *m, uint32_t grace_ms, const char *why)
{
	struct shutdown *s = &m->shutdown;
	struct pool *p;

	if (s->is_under_way)
		return;
	s->is_under_way = true;
	s->until_ns = manager_now(m) + grace_ms * NS_PER_MS;
	log_notice("manager.stopping", F_STR("why", why), F_UINT("grace_ms", grace_ms),
		F_UINT("connections", m->connections),
		F_UINT("parents", starter_count(&m->starter)));
	while ((p = first_active(m)))
		retire(p);
	arm(m);
	shutdown_check(m);
}

int shutdown_init(struct shutdown *s, struct manager *m)
{
	return evtimer_assign(&s->tick, m->base, on_tick, m) < 0 ? -ENOMEM : 0;
}

void shutdown_deinit(struct shutdown *s)
{
	if (event_initialized(&s->tick))
		(void)event_del(&s->tick);
}
