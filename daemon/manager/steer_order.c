/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/steer_target.h"

void steer_order_free(struct steer_order *o)
{
	list_remove(&o->node);
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].name);
		free(o->items[i].problem);
	}
	free(o->items);
	free(o);
}

/* --- whom it is for ----------------------------------------------------------------------- */

static int reserve(struct steer_order *o, size_t more)
{
	struct steer_item *bigger;
	size_t capacity;

	if (o->count + more <= o->capacity)
		return 0;
	capacity = o->count + (more > o->count ? more : o->count);
	bigger = realloc(o->items, capacity * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	o->items = bigger;
	o->capacity = capacity;
	return 0;
}

static int add_item(struct steer_order *o, const struct steer_item *item, const char *name)
{
	char *copy = reserve(o, 1) == 0 ? strdup(name) : NULL;

	if (!copy)
		return -ENOMEM;
	o->items[o->count] = *item;
	o->items[o->count++].name = copy;
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct steer_item *x = a, *y = b;

	return (x->pool > y->pool) - (x->pool < y->pool);
}

/* Those that are meant; and those of a name that is stopped by now, as they share its mark. */
static bool is_meant(
	const struct steer_order *o, const struct steer_target *t, const struct pool *p)
{
	const struct stopped *s = &p->manager->steer.stopped;

	return steer_target_matches(t, p->id, p->name, p->uid) ||
	       (o->action == CONTROL_STEER_STOP && !p->is_stopped &&
		       stopped_is(s, p->uid, p->name));
}

static int collect(struct manager *m, struct steer_order *o, const struct steer_target *t)
{
	bool is_named = t->kind == STEER_TARGET_NUMBER || t->kind == STEER_TARGET_NAME;
	struct list_node *n, *tmp;
	int r = 0;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);
			const struct steer_item item = {
				.pool = p->id,
				.uid = p->uid,
				.is_named = is_named,
				.was_stopped = p->is_stopped,
				.did = "nothing",
			};

			if (r == 0 && is_meant(o, t, p))
				r = add_item(o, &item, p->name);
		}
	}
	if (o->count)
		qsort(o->items, o->count, sizeof(*o->items), compare_items);
	return r;
}

/* --- who is stopped ----------------------------------------------------------------------- */

static int mark(struct manager *m, const struct steer_target *t)
{
	struct stopped *s = &m->steer.stopped;
	struct list_node *n, *tmp;
	int r = 0;

	if (t->kind == STEER_TARGET_USER)
		return stopped_add(s, t->uid, NULL);
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (r == 0 && steer_target_matches(t, p->id, p->name, p->uid))
				r = stopped_add(s, p->uid, p->name);
		}
	}
	return r;
}

/* Does a mark of @t go? One of a whole user goes with that user alone, or with everybody. */
static bool is_lifted(const struct steer_target *t, const struct stopped_mark *k)
{
	if (!k->name && t->kind != STEER_TARGET_USER && t->kind != STEER_TARGET_ALL)
		return false;
	return steer_target_matches(t, 0, k->name ? k->name : "", k->uid);
}

/* Is one of those items a pool of this mark? The map has them by the hash of theirs. */
static bool has_item(const struct map *items, const struct stopped_mark *k)
{
	uint64_t hash = stopped_hash(k->uid, k->name);
	struct map_iter it = { .probed = 0 };
	const struct steer_item *item;

	while (k->name && (item = map_find_next(items, hash, &it))) {
		if (item->uid == k->uid && strcasecmp(item->name, k->name) == 0)
			return true;
	}
	return false;
}

static int map_items(const struct steer_order *o, struct map *items)
{
	int r = 0;

	map_init(items);
	for (size_t i = 0; r == 0 && i < o->count; i++) {
		struct steer_item *item = &o->items[i];

		if (item->was_stopped)
			r = map_put(items, stopped_hash(item->uid, item->name), item);
	}
	return r;
}

/* Also of sites that nobody has visited in this life of the manager: they are named, too. */
static int lift_marks(struct manager *m, struct steer_order *o, const struct steer_target *t,
	const struct map *items)
{
	struct stopped *s = &m->steer.stopped;
	struct list_node *n, *tmp;
	int r = 0;

	LIST_FOREACH (&s->marks, n, tmp) {
		struct stopped_mark *k = LIST_OWNER(n, struct stopped_mark, node);
		const struct steer_item item = {
			.uid = k->uid,
			.state = STEER_DONE,
			.did = "lifted",
		};

		if (r < 0 || !is_lifted(t, k))
			continue;
		if (!has_item(items, k))
			r = add_item(o, &item, k->name ? k->name : "");
		stopped_remove(s, k->uid, k->name);
	}
	return r;
}

static int lift(struct manager *m, struct steer_order *o, const struct steer_target *t)
{
	struct stopped *s = &m->steer.stopped;
	struct map items;
	/* what the map points at must not move */
	int r = reserve(o, s->marks.count);

	if (r < 0)
		return r;
	r = map_items(o, &items);

	for (size_t i = 0; i < o->count && t->kind == STEER_TARGET_NUMBER; i++)
		stopped_remove(s, o->items[i].uid, o->items[i].name);
	if (r == 0)
		r = lift_marks(m, o, t, &items);
	map_deinit(&items);
	return r;
}

static bool has_to_lift(const struct steer_order *o, const struct steer_target *t)
{
	if (o->action == CONTROL_STEER_WARM)
		return true;
	return o->action == CONTROL_STEER_RESTART &&
	       (t->kind == STEER_TARGET_NUMBER || t->kind == STEER_TARGET_NAME);
}

static void follow_marks(struct manager *m)
{
	const struct stopped *s = &m->steer.stopped;
	struct list_node *n, *tmp;
	int r = stopped_save(s);

	if (r < 0)
		log_error("stopped.unsaved", F_STR("file", STOPPED_FILE), F_ERRNO(r));
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			p->is_stopped = stopped_is(s, p->uid, p->name);
			pool_set_note_use(p);
		}
	}
}

int steer_order_prepare(struct manager *m, struct steer_order *o, const struct steer_target *t)
{
	size_t marks = m->steer.stopped.marks.count;
	int r = 0;

	if (o->action == CONTROL_STEER_STOP)
		r = mark(m, t);
	if (r == 0)
		r = collect(m, o, t);
	if (r == 0 && has_to_lift(o, t))
		r = lift(m, o, t);
	if (m->steer.stopped.marks.count != marks)
		follow_marks(m);
	return r;
}
