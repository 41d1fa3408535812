/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/waitq.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void waitq_init(struct waitq *q)
{
	list_init(&q->list);
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
	*w = *who;
	list_push_back(&q->list, &w->node);
	list_push_back(of_session, &w->of_session);
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

void waitq_remove(struct waiter *w)
{
	if (!w)
		return;
	list_remove(&w->node);
	list_remove(&w->of_session);
	free(w);
}

struct waiter *waitq_expired(const struct waitq *q, uint64_t now_ns)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&q->list, n, tmp) {
		if (waiter_of(n)->until_ns <= now_ns)
			return waiter_of(n);
	}
	return NULL;
}

uint64_t waitq_next_ns(const struct waitq *q)
{
	struct list_node *n, *tmp;
	uint64_t next = UINT64_MAX;

	LIST_FOREACH (&q->list, n, tmp) {
		if (waiter_of(n)->until_ns < next)
			next = waiter_of(n)->until_ns;
	}
	return next;
}
