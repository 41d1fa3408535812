#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Memory that ends where a page without access begins: one byte read or written too far is a
 * fault in every build, not only under a sanitizer.
 */

#include <stddef.h>
#include <stdint.h>

struct guard {
	uint8_t *map; /* owned */
	size_t map_size;
	size_t capacity;
};

/** guard_init() - room for up to @capacity bytes; fails the running test if there is none */
void guard_init(struct guard *g, size_t capacity);
void guard_deinit(struct guard *g);

/** guard_tail() - the last @size bytes before the fence; @size up to the capacity */
uint8_t *guard_tail(const struct guard *g, size_t size);

/** guard_copy() - @data at the tail; valid until the next one */
const uint8_t *guard_copy(const struct guard *g, const void *data, size_t size);
