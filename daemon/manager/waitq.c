/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/waitq.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static bool is_due_before(struct heap_node *a, struct heap_node *b)
{
	return HEAP_OWNER(a, struct waiter, due)->until_ns <
	       HEAP_OWNER(b, struct waiter, due)->until_ns;
}

void waitq_init(struct waitq *q)
{
	list_init(&q->list);
	heap_init(&q->due, is_due_before);
}

void waitq_deinit(struct waitq *q)
{
	assert(list_is_empty(&q->list));
}

int waitq_add(struct waitq *q, struct list *of_session, const struct waiter *who)
{
	struct waiter *w;

	if (q->list.count >= WAITQ_LIMIT)
		return 1;
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct waiter){
		.queue = q,
		.pool = who->pool,
		.session = who->session,
		.sequence = who->sequence,
		.since_ns = who->since_ns,
		.until_ns = who->until_ns,
	};
	list_push_back(&q->list, &w->node);
	list_push_back(of_session, &w->of_session);
	heap_insert(&q->due, &w->due);
	return 0;
}

static struct waiter *waiter_of(struct list_node *n)
{
	return LIST_OWNER(n, struct waiter, node);
}

struct waiter *waitq_first(const struct waitq *q)
{
	struct list_node *n = list_first(&q->list);

	return n ? waiter_of(n) : NULL;
}

struct waiter *waitq_first_of(const struct list *of_session)
{
	struct list_node *n = list_first(of_session);

	return n ? LIST_OWNER(n, struct waiter, of_session) : NULL;
}

struct waiter *waitq_find(const struct list *of_session, uint32_t sequence)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (of_session, n, tmp) {
		struct waiter *w = LIST_OWNER(n, struct waiter, of_session);

		if (w->sequence == sequence)
			return w;
	}
	return NULL;
}

static void take_out(struct waiter *w)
{
	list_remove(&w->node);
	list_remove(&w->of_session);
	heap_remove(&w->queue->due, &w->due);
}

struct waiter *waitq_pop(struct waitq *q)
{
	struct waiter *w = waitq_first(q);

	if (w)
		take_out(w);
	return w;
}

void waitq_unpop(struct waitq *q, struct list *of_session, struct waiter *w)
{
	list_push_front(&q->list, &w->node);
	list_push_back(of_session, &w->of_session);
	heap_insert(&q->due, &w->due);
}

void waitq_free(struct waiter *w)
{
	free(w);
}

void waitq_remove(struct waiter *w)
{
	if (!w)
		return;
	take_out(w);
	free(w);
}

static struct waiter *next_due(const struct waitq *q)
{
	struct heap_node *n = heap_first(&q->due);

	return n ? HEAP_OWNER(n, struct waiter, due) : NULL;
}

struct waiter *waitq_expired(const struct waitq *q, uint64_t now_ns)
{
	struct waiter *w = next_due(q);

	return w && w->until_ns <= now_ns ? w : NULL;
}

uint64_t waitq_next_ns(const struct waitq *q)
{
	struct waiter *w = next_due(q);

	return w ? w->until_ns : UINT64_MAX;
}
