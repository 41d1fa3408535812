/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/start_queue.h"

#include <assert.h>

void start_queue_init(struct start_queue *q)
{
	list_init(&q->ring);
	q->count = 0;
}

void start_line_init(struct start_line *line)
{
	*line = (struct start_line){ .node = { .list = NULL } };
	list_init(&line->waiting);
}

void start_queue_add(struct start_queue *q, struct start_line *line, struct start_ticket *t)
{
	assert(!start_ticket_is_waiting(t));
	/* a user who joins, again or for the first time, lets all others have their turn first */
	if (list_is_empty(&line->waiting))
		list_push_back(&q->ring, &line->node);
	list_push_back(&line->waiting, &t->node);
	t->line = line;
	q->count++;
}

struct start_ticket *start_queue_pop(struct start_queue *q)
{
	struct list_node *n = list_pop_front(&q->ring);
	struct start_line *line;
	struct start_ticket *t;

	if (!n)
		return NULL;
	line = LIST_OWNER(n, struct start_line, node);
	n = list_pop_front(&line->waiting);
	assert(n); /* an empty line is not in the ring */
	t = LIST_OWNER(n, struct start_ticket, node);
	if (!list_is_empty(&line->waiting))
		list_push_back(&q->ring, &line->node);
	q->count--;
	return t;
}

void start_queue_remove(struct start_queue *q, struct start_ticket *t)
{
	if (!start_ticket_is_waiting(t))
		return;
	list_remove(&t->node);
	if (list_is_empty(&t->line->waiting))
		list_remove(&t->line->node);
	q->count--;
}
