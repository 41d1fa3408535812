/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/t.h"

void guard_init(struct guard *g, size_t capacity)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	g->capacity = (capacity + page - 1) / page * page;
	g->map_size = g->capacity + page;
	g->map =
		mmap(NULL, g->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g->map != MAP_FAILED);
	assert_int_equal(mprotect(g->map + g->capacity, page, PROT_NONE), 0);
}

void guard_deinit(struct guard *g)
{
	assert_int_equal(munmap(g->map, g->map_size), 0);
	g->map = NULL;
}

uint8_t *guard_tail(const struct guard *g, size_t size)
{
	assert_true(size <= g->capacity);
	return g->map + g->capacity - size;
}

const uint8_t *guard_copy(const struct guard *g, const void *data, size_t size)
{
	uint8_t *tail = guard_tail(g, size);

	if (size)
		memcpy(tail, data, size);
	return tail;
}
