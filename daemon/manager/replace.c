/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/replace.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"

/* Without a bound: so many per turn of the loop, so that requests are served in between. */
#define REPLACE_BATCH 64U
/* A parent that takes longer is stuck, or stopped by its user: the others do not wait for it. */
#define REPLACE_PATIENCE_NS (10U * NS_PER_S)
/* While all that may end at once are about to. */
#define REPLACE_LOOK_NS (50U * NS_PER_MS)

uint64_t replace_left_ns(uint32_t rate, uint32_t draining, uint64_t last_ns, uint64_t now_ns)
{
	uint64_t gap_ns, age_ns = clock_since_ns(last_ns, now_ns);

	if (!rate)
		return 0;
	gap_ns = NS_PER_S / rate;
	if (age_ns < gap_ns)
		return gap_ns - age_ns;
	return draining < rate ? 0 : REPLACE_LOOK_NS;
}

static bool is_outdated(const struct pool *p)
{
	return p->parent.spawn_id && !p->parent.is_retiring &&
	       p->parent.php_serial != watch_serial(p->manager, p->handler);
}

uint32_t replace_draining(const struct manager *m)
{
	const struct list *draining = &m->pools.by_state[POOL_DRAINING];
	struct list_node *n, *tmp;
	uint32_t count = 0;

	LIST_FOREACH (draining, n, tmp)
		count += LIST_OWNER(n, struct pool, state_node)->parent.is_replaced;
	return count;
}

/* Those that are waited for. */
static uint32_t ending(const struct manager *m, uint64_t now)
{
	const struct list *draining = &m->pools.by_state[POOL_DRAINING];
	struct list_node *n, *tmp;
	uint32_t count = 0;

	LIST_FOREACH (draining, n, tmp) {
		const struct pool *p = LIST_OWNER(n, struct pool, state_node);

		count += p->parent.is_replaced &&
			 clock_since_ns(p->since_ns, now) < REPLACE_PATIENCE_NS;
	}
	return count;
}

static void arm(struct manager *m, uint64_t left_ns)
{
	const struct timeval tv = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US),
	};

	(void)evtimer_add(&m->replace.tick, &tv);
}

/* What it runs finishes; see reload_apply(), which does the same for other settings. */
static void replace_one(struct manager *m)
{
	struct pool *p = LIST_OWNER(list_pop_front(&m->replace.queue), struct pool, replace_node);

	m->replace.done++;
	/* it may have ended, or been replaced by a reload, meanwhile */
	if (!is_outdated(p))
		return;
	m->replace.last_ns = manager_now(m);
	p->parent.is_replaced = true;
	lease_retire(p);
	starter_retire(p, "php-changed");
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;
	struct replace *r = &m->replace;
	uint32_t rate = m->config->replace_rate;

	(void)fd;
	(void)what;
	for (uint32_t i = 0; r->queue.count; i++) {
		uint64_t now = manager_now(m);
		uint64_t left_ns = replace_left_ns(rate, ending(m, now), r->last_ns, now);

		if (left_ns || i == REPLACE_BATCH) {
			arm(m, left_ns);
			return;
		}
		replace_one(m);
	}
	log_notice("watch.replaced", F_UINT("pools", r->total), F_STR("path", r->path));
}

static void collect(struct manager *m, enum pool_state state, const char *handler)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->pools.by_state[state], n, tmp) {
		struct pool *p = LIST_OWNER(n, struct pool, state_node);

		if (!p->replace_node.list && strcmp(p->handler, handler) == 0 && is_outdated(p))
			list_push_back(&m->replace.queue, &p->replace_node);
	}
}

uint32_t replace_begin(struct manager *m, const char *handler, const char *path)
{
	struct replace *r = &m->replace;
	size_t before = r->queue.count;
	uint32_t more;

	(void)str_copy(r->path, sizeof(r->path), path);
	/* those that are cold, or wait for their turn to start, have no old PHP */
	collect(m, POOL_READY, handler);
	collect(m, POOL_STARTING, handler);
	more = (uint32_t)(r->queue.count - before);
	if (!before)
		r->total = r->done = 0;
	r->total += more;
	if (more && !evtimer_pending(&r->tick, NULL))
		arm(m, 0);
	return more;
}

int replace_init(struct replace *r, struct manager *m)
{
	list_init(&r->queue);
	return evtimer_assign(&r->tick, m->base, on_tick, m) < 0 ? -ENOMEM : 0;
}

void replace_deinit(struct replace *r)
{
	if (event_initialized(&r->tick))
		(void)event_del(&r->tick);
}
