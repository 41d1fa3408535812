/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/child_table.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes can share lock-free atomics only");

struct child_table *child_table_new(uint32_t limit)
{
	size_t size = sizeof(struct child_table) + limit * sizeof(struct child_row);
	struct child_table *t =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return NULL;
	t->limit = limit;
	return t;
}

uint32_t child_table_count(const struct child_table *t, enum child_state state)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < t->limit; i++)
		count += atomic_load(&t->row[i].state) == (uint32_t)state;
	return count;
}

struct child_row *child_table_take(struct child_table *t)
{
	for (uint32_t i = 0; i < t->limit; i++) {
		struct child_row *row = &t->row[i];
		if (atomic_load(&row->state) != CHILD_FREE)
			continue;
		*row = (struct child_row){ .pid = 0 };
		atomic_store(&row->state, CHILD_CONNECTED);
		atomic_fetch_add(&t->used, 1);
		return row;
	}
	return NULL;
}

void child_table_release(struct child_table *t, struct child_row *row)
{
	row->pid = 0;
	atomic_store(&row->start_ns, 0);
	atomic_store(&row->state, CHILD_FREE);
	atomic_fetch_sub(&t->used, 1);
}

struct child_row *child_table_find(struct child_table *t, pid_t pid)
{
	for (uint32_t i = 0; i < t->limit; i++)
		if (t->row[i].pid == pid)
			return &t->row[i];
	return NULL;
}
