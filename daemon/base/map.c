/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define MAP_MIN_CAPACITY 16U

/*
 * Keys are ids that count up as well as hashes of bytes, so their bits are mixed first.
 * Source: the finaliser of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
 * Generators, 2014).
 */
static size_t map_home(const struct map *m, uint64_t key)
{
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ULL;
	key = (key ^ key >> 27) * 0x94d049bb133111ebULL;
	return (size_t)(key ^ key >> 31) & (m->capacity - 1);
}

void map_init(struct map *m)
{
	*m = (struct map){ .slot = NULL };
}

void map_deinit(struct map *m)
{
	free(m->slot);
	map_init(m);
}

/* There is always an empty slot: at most 3/4 are used. */
static void map_place(struct map *m, uint64_t key, void *value)
{
	size_t at = map_home(m, key);

	while (m->slot[at].value)
		at = (at + 1) & (m->capacity - 1);
	m->slot[at] = (struct map_slot){ .key = key, .value = value };
	m->count++;
}

static int map_grow(struct map *m)
{
	struct map bigger = { .capacity = m->capacity ? m->capacity * 2 : MAP_MIN_CAPACITY };

	bigger.slot = calloc(bigger.capacity, sizeof(bigger.slot[0]));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < m->capacity; i++) {
		if (m->slot[i].value)
			map_place(&bigger, m->slot[i].key, m->slot[i].value);
	}
	free(m->slot);
	*m = bigger;
	return 0;
}

int map_put(struct map *m, uint64_t key, void *value)
{
	assert(value);
	if (m->count + 1 > m->capacity / 4 * 3) {
		int r = map_grow(m);

		if (r < 0)
			return r;
	}
	map_place(m, key, value);
	return 0;
}

void *map_find(const struct map *m, uint64_t key)
{
	struct map_iter it = { .probed = 0 };

	return map_find_next(m, key, &it);
}

void *map_find_next(const struct map *m, uint64_t key, struct map_iter *it)
{
	if (!m->capacity)
		return NULL;
	while (it->probed < m->capacity) {
		const struct map_slot *s =
			&m->slot[(map_home(m, key) + it->probed) & (m->capacity - 1)];

		if (!s->value)
			return NULL;
		it->probed++;
		if (s->key == key)
			return s->value;
	}
	return NULL;
}

/*
 * Empty the slot at @hole without leaving a gap in any chain of probes: pull back what follows,
 * where it may stand there. So the table needs no tombstones and does not wear out.
 */
static void map_empty_slot(struct map *m, size_t hole)
{
	size_t mask = m->capacity - 1;

	for (size_t at = (hole + 1) & mask; m->slot[at].value; at = (at + 1) & mask) {
		size_t home = map_home(m, m->slot[at].key);

		/* distance from its home must not become negative */
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			m->slot[hole] = m->slot[at];
			hole = at;
		}
	}
	m->slot[hole] = (struct map_slot){ .value = NULL };
	m->count--;
}

void map_remove(struct map *m, uint64_t key, const void *value)
{
	size_t mask = m->capacity - 1;

	if (!m->capacity)
		return;
	for (size_t at = map_home(m, key); m->slot[at].value; at = (at + 1) & mask) {
		if (m->slot[at].key == key && m->slot[at].value == value) {
			map_empty_slot(m, at);
			return;
		}
	}
}
