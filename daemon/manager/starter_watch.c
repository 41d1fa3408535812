/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/starter_watch.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/start_policy.h"

#define WATCH_TICK_MS 100
/** Far more than a shim needs from GRANT to its first write. */
#define WATCH_WRITE_NS (200U * NS_PER_MS)
/** lsphp leaves its loop at once on SIGTERM; this long means that it is stuck. */
#define WATCH_RETIRE_NS (10U * NS_PER_S)

void starter_watch_arm(struct manager *m)
{
	static const struct timeval tick = { .tv_usec = WATCH_TICK_MS * 1000 };

	if (m->starter.is_ticking)
		return;
	m->starter.is_ticking = true;
	(void)evtimer_add(&m->starter.tick, &tick);
}

/*
 * A holder writes its request as soon as it has the connection. If nothing of it is unread some
 * time later, a child has read it, although its holder has told us nothing yet.
 */
bool starter_watch_has_read(const struct pool *p, uint64_t now_ns)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		const struct backend *b = LIST_OWNER(n, struct backend, node);

		if (b->spawn_id == p->parent.spawn_id && !b->has_hung_up && !backend_is_unread(b) &&
			clock_since_ns(b->since_ns, now_ns) > WATCH_WRITE_NS)
			return true;
	}
	return false;
}

/* That the supervisor may take longer for an answer. */
static uint64_t thaw_limit_ns(const struct pool *p)
{
	return p->parent.may_thaw ? p->manager->config->criu_time_limit_ms * NS_PER_MS : 0;
}

/*
 * The first byte may have been read by its holder before we looked: then the table tells.
 *
 * Return: true if the pool has changed its state (and perhaps others have with it)
 */
static bool look_at_starting(struct pool *p, uint64_t now)
{
	struct list_node *n;
	struct start_figures f;

	if (!p->parent.spawn_id)
		return false; /* its turn has not come */
	n = list_first(&p->held);
	f = (struct start_figures){
		.age_ns = clock_since_ns(p->parent.since_ns, now),
		.thaw_ns = thaw_limit_ns(p),
		.is_answered = p->parent.pid != 0,
		.has_served =
			lease_has_served(p, p->parent.spawn_id) || starter_watch_has_read(p, now),
		.has_connections = pool_connections(p) != 0,
		.has_unread = n && backend_is_unread(LIST_OWNER(n, struct backend, node)),
	};

	switch (start_policy_decide(&f)) {
	case START_SERVED:
		starter_served(p, p->parent.spawn_id);
		return true;
	case START_GIVE_UP:
		starter_give_up(p);
		return p->state != POOL_STARTING;
	case START_KILL:
		starter_kill(p);
		break;
	case START_WAIT:
	case START_ACTION_COUNT:
		break;
	}
	return false;
}

static bool look_at_all_starting(struct list *starting, uint64_t now)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (starting, n, tmp) {
		if (look_at_starting(LIST_OWNER(n, struct pool, state_node), now))
			return true;
	}
	return false;
}

static void look_at_all_draining(struct list *draining, uint64_t now)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (draining, n, tmp) {
		struct pool *p = LIST_OWNER(n, struct pool, state_node);

		if (!p->parent.pid) {
			if (clock_since_ns(p->parent.since_ns, now) >
				START_POLICY_ANSWER_NS + thaw_limit_ns(p))
				starter_give_up(p);
			continue;
		}
		/* CRIU has its own time limit, and it is told to retire only then */
		if (freeze_is_sent(p))
			continue;
		/* KILL takes the children too, so those that work are waited for */
		if (clock_since_ns(p->since_ns, now) > WATCH_RETIRE_NS && list_is_empty(&p->held))
			starter_kill(p);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;
	struct list *starting = &m->pools.by_state[POOL_STARTING];
	struct list *draining = &m->pools.by_state[POOL_DRAINING];
	uint64_t now = manager_now(m);

	(void)fd;
	(void)what;
	m->starter.is_ticking = false;
	while (look_at_all_starting(starting, now))
		continue; /* the list has changed under the walk: begin again */
	look_at_all_draining(draining, now);
	if (starting->count || draining->count)
		starter_watch_arm(m);
}

int starter_watch_init(struct starter *st, struct manager *m)
{
	return evtimer_assign(&st->tick, m->base, on_tick, m) < 0 ? -ENOMEM : 0;
}
