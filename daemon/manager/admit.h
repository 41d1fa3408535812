#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Admission: carries out what pool_policy.h decides about a request for a connection, at once or,
 * in queue mode, when one becomes free.
 *
 * Who waits, waits in the queue of his pool. If it is not the pool's own limit that holds him back
 * but the ceiling of the host, the pool is known to its user too (users.h), and whichever pool
 * frees a place, it goes to the user that holds least.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/manager/spares.h"

struct backend;
struct control_lease;
struct manager;
struct pool;
struct session;
struct waiter;

/** What all pools have together. */
struct admit {
	struct spares spares;
	struct event tick; /* while somebody is held back: what no event tells */
	bool has_news;     /* a place became free, or the ceiling was raised */
};

/** admit_init() - Return: 0; -ENOMEM */
int admit_init(struct admit *a, struct manager *m) ATTR_MUST_USE;
void admit_deinit(struct admit *a);

/** admit_free_pool() - the pool's timer for waiters whose time is over; nobody waits any more */
void admit_free_pool(struct pool *p);

/** admit_lease() - answer one LEASE: GRANT, REJECT, or QUEUED */
void admit_lease(
	struct pool *p, struct session *s, uint32_t sequence, const struct control_lease *lease);

/** admit_room() - something of this pool became free: serve who waits */
void admit_room(struct pool *p);

/** admit_returned() - nobody holds this connection any more; it may go to a poorer user */
void admit_returned(struct backend *b);

/** admit_refuse_waiters() - the pool failed, or the daemon stops: nobody waits in vain */
void admit_refuse_waiters(struct pool *p, uint32_t reason);

/** admit_cancel() - the waiter has gone; consumed */
void admit_cancel(struct waiter *w);

/** admit_gained(), admit_lost() - a pool has one connection more, or less */
void admit_gained(struct pool *p);
void admit_lost(struct pool *p);

/** admit_turn_over() - at the end of each turn of the loop: whom can its news serve? */
void admit_turn_over(struct manager *m);
