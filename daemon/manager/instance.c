/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/instance.h"

#include <stdlib.h>

#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static struct instance *instance_of(struct list_node *n)
{
	return LIST_OWNER(n, struct instance, node);
}

void instance_set_init(struct instance_set *set)
{
	list_init(&set->live);
	list_init(&set->left);
}

static void instance_free(struct instance *i)
{
	list_remove(&i->node);
	map_deinit(&i->pools);
	free(i);
}

void instance_set_deinit(struct instance_set *set)
{
	struct list_node *n;

	while ((n = list_pop_front(&set->live)))
		instance_free(instance_of(n));
	while ((n = list_pop_front(&set->left)))
		instance_free(instance_of(n));
}

static struct instance *find(const struct instance_set *set, uint64_t id)
{
	const struct list *lists[] = { &set->live, &set->left };
	struct list_node *n, *tmp;

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		LIST_FOREACH (lists[k], n, tmp) {
			if (instance_of(n)->id == id)
				return instance_of(n);
		}
	}
	return NULL;
}

struct instance *instance_enter(struct instance_set *set, uint64_t id)
{
	struct instance *i = id ? find(set, id) : NULL;

	if (!id)
		return NULL;
	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return NULL;
		i->id = id;
		map_init(&i->pools);
	}
	i->sessions++;
	list_remove(&i->node);
	list_push_back(&set->live, &i->node);
	return i;
}

/* Without sessions only a later TERMINATE is of interest, and only if there is something to end. */
static void drop_if_empty(struct instance *i)
{
	if (!i->sessions && (i->is_terminated || !i->pools.count))
		instance_free(i);
}

void instance_leave(struct instance_set *set, struct instance *i)
{
	if (!i || --i->sessions)
		return;
	list_remove(&i->node);
	list_push_back(&set->left, &i->node);
	drop_if_empty(i);
	if (set->left.count > INSTANCE_LEFT_MAX)
		instance_free(instance_of(list_pop_front(&set->left)));
}

void instance_learn(struct instance *i, struct pool *p)
{
	if (!i || i->is_terminated || map_find(&i->pools, p->id))
		return;
	if (map_put(&i->pools, p->id, p) < 0)
		log_warn("instance.memory", F_POOL(p));
}

void instance_forget_pool(struct instance_set *set, const struct pool *p)
{
	struct list *lists[] = { &set->live, &set->left };
	struct list_node *n, *tmp;

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		LIST_FOREACH (lists[k], n, tmp) {
			struct instance *i = instance_of(n);

			map_remove(&i->pools, p->id, p);
			drop_if_empty(i);
		}
	}
}

/* Instances without a session are no users: their Apache has ended, told or not. */
static bool is_used_by_others(const struct instance_set *set, const struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&set->live, n, tmp) {
		if (map_find(&instance_of(n)->pools, p->id))
			return true;
	}
	return false;
}

/*
 * A request that waits for its first parent is served first; what is never asked for again goes by
 * pgrp_max_idle.
 */
static bool has_to_stay(const struct pool *p)
{
	return start_ticket_is_waiting(&p->start_ticket) &&
	       (pool_connections(p) || waitq_count(&p->waitq));
}

static bool has_parent(const struct pool *p)
{
	return p->state == POOL_STARTING || p->state == POOL_READY;
}

/* behaviours.md B66; whoever else uses the pool does without the image until the next one. */
static void reset_image(struct pool *p)
{
	if (!p->has_criu_reset || p->criu == FREEZE_MODE_OFF)
		return;
	criu_reset_later(p->manager, p->name);
	freeze_forget_image(p);
}

void instance_terminate(struct manager *m, uint64_t id)
{
	struct instance *i = find(&m->instances, id);
	uint32_t retired = 0, kept = 0;
	struct map pools;

	if (!i || i->is_terminated)
		return;
	i->is_terminated = true;
	pools = i->pools; /* from here on it uses none of them */
	map_init(&i->pools);
	drop_if_empty(i);
	for (size_t k = 0; k < pools.capacity; k++) {
		struct pool *p = pools.slot[k].value;

		if (!p)
			continue;
		reset_image(p);
		if (!has_parent(p))
			continue;
		if (has_to_stay(p) || is_used_by_others(&m->instances, p)) {
			kept++;
			continue;
		}
		lease_retire(p);
		starter_retire(p, "apache-ended");
		if (p->state == POOL_COLD)
			pool_flush_backlog(p); /* those who waited have gone as well */
		retired++;
	}
	map_deinit(&pools);
	log_notice("instance.end", F_UINT("retired", retired), F_UINT("kept", kept));
}
