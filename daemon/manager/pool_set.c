/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_set.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static struct pool *pool_of(struct list_node *n)
{
	return LIST_OWNER(n, struct pool, state_node);
}

static void arm_forget_timer(struct pool_set *set, uint64_t now_ns)
{
	struct list_node *n = list_first(&set->unused);
	uint64_t left_ns;
	struct timeval tv;

	if (!n) {
		(void)evtimer_del(&set->forget_timer);
		return;
	}
	if (evtimer_pending(&set->forget_timer, NULL))
		return;
	left_ns = clock_since_ns(now_ns,
		LIST_OWNER(n, struct pool, unused_node)->unused_since_ns + POOL_SET_FORGET_NS);
	tv.tv_sec = (time_t)(left_ns / NS_PER_S);
	tv.tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US) + 1;
	(void)evtimer_add(&set->forget_timer, &tv); /* without memory for it they just stay */
}

static void on_forget_timer(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;

	(void)fd;
	(void)what;
	(void)pool_set_forget(&m->pools, manager_now(m));
	arm_forget_timer(&m->pools, manager_now(m));
}

int pool_set_init(struct pool_set *set, struct manager *m)
{
	map_init(&set->by_spec);
	map_init(&set->by_id);
	list_init(&set->unused);
	for (int i = 0; i < POOL_STATE_COUNT; i++)
		list_init(&set->by_state[i]);
	return evtimer_assign(&set->forget_timer, m->base, on_forget_timer, m) < 0 ? -ENOMEM : 0;
}

static void forget(struct pool_set *set, struct pool *p)
{
	map_remove(&set->by_spec, p->hash, p);
	map_remove(&set->by_id, p->id, p);
	instance_forget_pool(&p->manager->instances, p);
	(void)pool_free(p);
}

void pool_set_deinit(struct pool_set *set)
{
	struct list_node *n;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		while ((n = list_first(&set->by_state[i])))
			forget(set, pool_of(n));
	}
	map_deinit(&set->by_spec);
	map_deinit(&set->by_id);
	if (event_initialized(&set->forget_timer))
		(void)event_del(&set->forget_timer);
}

struct pool *pool_set_find(const struct pool_set *set, uint32_t id)
{
	return map_find(&set->by_id, id);
}

struct pool *pool_set_find_spec(const struct pool_set *set, const struct pool_spec *spec)
{
	uint64_t hash = pool_spec_hash(spec);
	struct map_iter it = { .probed = 0 };
	struct pool *p;

	while ((p = map_find_next(&set->by_spec, hash, &it))) {
		if (p->spec.size == spec->size && memcmp(p->spec.data, spec->data, spec->size) == 0)
			return p;
	}
	return NULL;
}

static int enter(struct pool_set *set, struct pool *p)
{
	int r = map_put(&set->by_id, p->id, p);

	if (r < 0)
		return r;
	r = map_put(&set->by_spec, p->hash, p);
	if (r < 0) {
		map_remove(&set->by_id, p->id, p);
		return r;
	}
	list_push_back(&set->by_state[POOL_COLD], &p->state_node);
	pool_set_note_use(p);
	return 0;
}

int pool_set_get(struct pool_set *set, struct manager *m, const struct pool_spec *spec,
	struct pool **ret_pool, const char **ret_what)
{
	struct pool *p = pool_set_find_spec(set, spec);
	int r;

	if (p) {
		*ret_pool = p;
		return 0;
	}
	if (pool_set_count(set) >= m->config->max_pools || set->last_id == UINT32_MAX)
		return POOL_SET_E_FULL;
	r = pool_new(m, set->last_id + 1, spec, &p, ret_what);
	if (r)
		return r > 0 ? POOL_SET_E_SPEC : r;
	r = enter(set, p);
	if (r < 0) {
		(void)pool_free(p);
		return r;
	}
	set->last_id = p->id;
	log_info("pool.new", F_POOL(p), F_UINT("gid", p->gid), F_STR("handler", p->handler),
		F_UINT("children", p->children));
	*ret_pool = p;
	return 0;
}

void pool_set_note_use(struct pool *p)
{
	struct pool_set *set = &p->manager->pools;
	/* who is stopped is to be seen to be */
	bool is_unused = !p->known_by && !p->is_stopped &&
			 (p->state == POOL_COLD || p->state == POOL_FAILED);

	if (is_unused == (p->unused_node.list != NULL))
		return;
	if (is_unused) {
		p->unused_since_ns = manager_now(p->manager);
		list_push_back(&set->unused, &p->unused_node);
	} else {
		list_remove(&p->unused_node);
	}
	arm_forget_timer(set, manager_now(p->manager));
}

unsigned pool_set_forget(struct pool_set *set, uint64_t now_ns)
{
	struct list_node *n;
	unsigned count = 0;

	while ((n = list_first(&set->unused))) {
		struct pool *p = LIST_OWNER(n, struct pool, unused_node);

		if (clock_since_ns(p->unused_since_ns, now_ns) < POOL_SET_FORGET_NS)
			break;
		/* children of a parent that is gone may still work: its time begins again */
		if (pool_connections(p)) {
			p->unused_since_ns = now_ns;
			list_remove(n);
			list_push_back(&set->unused, n);
			continue;
		}
		log_info("pool.forget", F_POOL(p));
		forget(set, p);
		count++;
	}
	return count;
}
