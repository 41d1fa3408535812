#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whose PHP is started next: users in a ring, each with the line of his pools that wait. The user
 * whose turn it is starts one pool and goes to the end of the ring, so that somebody with a hundred
 * virtual hosts delays another's first start by one start, not by a hundred.
 *
 * Pure, and every step costs the same whatever the number of those who wait. Only nodes of the
 * caller are linked: nothing is allocated, nothing can fail.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/list.h"

/** What one user waits with; embedded by whoever knows the users. */
struct start_line {
	struct list_node node; /* in the ring while somebody waits in it */
	struct list waiting;   /* tickets, first come first served */
};

/** One pool's place in its user's line; embedded in the pool, zero when it does not wait. */
struct start_ticket {
	struct list_node node;
	struct start_line *line; /* borrowed: outlives the ticket */
};

struct start_queue {
	struct list ring; /* lines that are not empty; the first one's turn is next */
	size_t count;     /* tickets in all of them */
};

void start_queue_init(struct start_queue *q);

void start_line_init(struct start_line *line);

/** start_queue_add() - to the end of @line; @t waits nowhere yet */
void start_queue_add(struct start_queue *q, struct start_line *line, struct start_ticket *t);

/** start_queue_pop() - whose turn it is, out of the queue; NULL: nobody waits */
struct start_ticket *start_queue_pop(struct start_queue *q);

/** start_queue_remove() - it waits no longer; nothing happens if it did not */
void start_queue_remove(struct start_queue *q, struct start_ticket *t);

/** start_ticket_is_waiting() */
static inline bool start_ticket_is_waiting(const struct start_ticket *t)
{
	return t->node.list != NULL;
}
