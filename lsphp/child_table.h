#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the children of a prefork parent tell it and each other, in shared memory.
 *
 * One row per possible child. A child writes its own row's atomics only; the parent alone gives
 * rows out and takes them back. All sums are computed by walking the rows, never kept in counters:
 * a child killed between two writes then cannot leave a wrong sum behind.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum child_state {
	CHILD_FREE = 0,  /* row without a child */
	CHILD_CONNECTED, /* holds a connection, busy or idle */
	CHILD_WAITING    /* waits on the listener */
};

struct child_row {
	_Atomic uint32_t state;         /* child writes; parent at fork and reap */
	_Atomic uint32_t request_count; /* child writes: requests finished */
	_Atomic uint64_t start_ns;      /* child writes: begin of the running request, 0 if none */

	/* The parent's own notes. */
	pid_t pid;                 /* 0: free */
	uint32_t seen_count;       /* request_count at the last look */
	bool was_idle;             /* at the last look */
	bool is_retired;           /* was told to leave */
	uint32_t term_count;       /* SIGTERMs sent to the running request */
	uint64_t terminated_ns;    /* when the last of them was sent */
	uint64_t terminated_start; /* start_ns of the request they were meant for */
};

struct child_table {
	uint32_t limit;
	_Atomic uint32_t used; /* rows with a child; parent writes */
	struct child_row row[];
};

/** child_table_new() - shared, zeroed; NULL without memory. Lives as long as the process. */
struct child_table *child_table_new(uint32_t limit);

/** child_table_count() - rows in @state */
uint32_t child_table_count(const struct child_table *t, enum child_state state);

/** child_table_take() - parent: a free row, marked CONNECTED; NULL at the limit */
struct child_row *child_table_take(struct child_table *t);

/** child_table_release() - parent: the row's child is gone (or was never born) */
void child_table_release(struct child_table *t, struct child_row *row);

/** child_table_find() - parent: row of @pid, or NULL */
struct child_row *child_table_find(struct child_table *t, pid_t pid);
