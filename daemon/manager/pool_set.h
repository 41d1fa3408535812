#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* All pools: by the bytes of their specification, by id, and by state. */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "daemon/manager/pool_state.h"
#include "proto/pool_spec.h"

/** A pool without a parent that no session knows is forgotten after this long. */
#define POOL_SET_FORGET_NS 600000000000ULL

struct manager;
struct pool;

struct pool_set {
	struct map by_spec; /* hash of the specification to pool; equality is by its bytes */
	struct map by_id;
	struct list by_state[POOL_STATE_COUNT]; /* each in the order of becoming so */
	struct list unused;        /* cold or failed, and no session knows them; longest first */
	struct event forget_timer; /* for the first of them; not pending if there is none */
	uint32_t last_id;
};

enum pool_set_error {
	POOL_SET_E_FULL = 1, /* the ceiling of pools */
	POOL_SET_E_SPEC      /* the specification lacks what a pool needs */
};

/** pool_set_init() - Return: 0; -ENOMEM */
int pool_set_init(struct pool_set *set, struct manager *m) ATTR_MUST_USE;

/** pool_set_deinit() - frees every pool */
void pool_set_deinit(struct pool_set *set);

/** pool_set_find() - by id, or NULL */
struct pool *pool_set_find(const struct pool_set *set, uint32_t id);

/** pool_set_find_spec() - by the bytes of the specification, or NULL */
struct pool *pool_set_find_spec(const struct pool_set *set, const struct pool_spec *spec);

/**
 * pool_set_get() - the pool with this specification, made if there is none
 *
 * Return: 0; enum pool_set_error (E_SPEC: *ret_what names the key); -errno
 */
int pool_set_get(struct pool_set *set, struct manager *m, const struct pool_spec *spec,
	struct pool **ret_pool, const char **ret_what) ATTR_MUST_USE;

/**
 * pool_set_note_use() - @p has another state, or another number of sessions that know it
 *
 * The time until it is forgotten begins, or does not run any more. So nobody has to walk over all
 * pools to find the few: what is known and at rest costs nothing.
 */
void pool_set_note_use(struct pool *p);

/** pool_set_forget() - free pools that have been unused for long. Return: how many */
unsigned pool_set_forget(struct pool_set *set, uint64_t now_ns);

/** pool_set_count() */
static inline uint32_t pool_set_count(const struct pool_set *set)
{
	return (uint32_t)set->by_id.count;
}
