#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Hash map from a 64-bit key to a borrowed pointer, open addressing. Values with equal keys are
 * allowed (a hash of bytes may collide): walk them with map_find_next().
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"

struct map_slot {
	uint64_t key;
	void *value; /* borrowed: whoever put it; NULL: empty */
};

struct map {
	struct map_slot *slot; /* owned */
	size_t capacity;       /* power of two, or 0 */
	size_t count;
};

/** Position of a search among values of the same key; zero-initialise. */
struct map_iter {
	size_t probed;
};

void map_init(struct map *m);
void map_deinit(struct map *m);

/** map_put() - add; @value not NULL. Return: 0; -ENOMEM */
int map_put(struct map *m, uint64_t key, void *value) ATTR_MUST_USE;

/** map_find() - a value with this key or NULL */
void *map_find(const struct map *m, uint64_t key);

/** map_find_next() - the next one with this key, from @it on; NULL at the end */
void *map_find_next(const struct map *m, uint64_t key, struct map_iter *it);

/** map_remove() - remove this pair; nothing happens if it is not there */
void map_remove(struct map *m, uint64_t key, const void *value);
