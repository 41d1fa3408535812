#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Queue mode: who waits for a connection of one pool, first come first served. Bounded in length
 * and, for each waiter, in time. A waiter is in two lists, that of its pool and that of its
 * session, since either may end first. Time is an argument.
 */

#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/heap.h"
#include "daemon/base/list.h"

/** Each waiter holds a thread of Apache; a longer queue only moves the time-out elsewhere. */
#define WAITQ_LIMIT 1024U

struct pool;
struct session;

struct waiter {
	struct list_node node;       /* in the pool's queue */
	struct list_node of_session; /* in the session's list */
	struct heap_node due;        /* in the pool's queue, by its time */
	struct waitq *queue;         /* borrowed: the pool's */
	struct pool *pool;           /* borrowed: removed when the pool fails */
	struct session *session;     /* borrowed: removed when the session ends */
	uint32_t sequence;           /* of its LEASE */
	uint64_t since_ns;
	uint64_t until_ns;
};

struct waitq {
	struct list list;
	struct heap due;
};

void waitq_init(struct waitq *q);
/** waitq_deinit() - nobody may wait any more: sessions end before pools do */
void waitq_deinit(struct waitq *q);

/**
 * waitq_add() - queue at the end
 * @of_session: the session's list of its waiters
 * @who:        what to remember; its nodes are not looked at
 *
 * Return: 0; 1 if the queue is full; -ENOMEM
 */
int waitq_add(struct waitq *q, struct list *of_session, const struct waiter *who) ATTR_MUST_USE;

/** waitq_first() - who waits longest, or NULL; stays in the queue */
struct waiter *waitq_first(const struct waitq *q);

/**
 * waitq_pop() - who waits longest, out of both lists, or NULL
 *
 * The caller's, for waitq_free() or for waitq_unpop(): who is being answered can not be answered
 * by somebody else.
 */
struct waiter *waitq_pop(struct waitq *q);

/** waitq_unpop() - it has to wait on, before all others; consumed */
void waitq_unpop(struct waitq *q, struct list *of_session, struct waiter *w);

/** waitq_free() - accepts NULL */
void waitq_free(struct waiter *w);

/** waitq_first_of() - some waiter of a session's list, or NULL */
struct waiter *waitq_first_of(const struct list *of_session);

/** waitq_find() - the waiter of this LEASE in a session's list, or NULL */
struct waiter *waitq_find(const struct list *of_session, uint32_t sequence);

/** waitq_remove() - out of both lists, and free; accepts NULL */
void waitq_remove(struct waiter *w);

/** waitq_expired() - the waiter whose time was over first, or NULL */
struct waiter *waitq_expired(const struct waitq *q, uint64_t now_ns);

/** waitq_next_ns() - when the next one expires; UINT64_MAX if nobody waits */
uint64_t waitq_next_ns(const struct waitq *q);

static inline uint32_t waitq_count(const struct waitq *q)
{
	return (uint32_t)q->list.count;
}
