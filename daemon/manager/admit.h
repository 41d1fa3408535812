#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Admission: carries out what pool_policy.h decides about a request for a connection, at once or,
 * in queue mode, when one becomes free.
 */

#include <stdint.h>

struct control_lease;
struct pool;
struct session;
struct waiter;

/** admit_lease() - answer one LEASE: GRANT, REJECT, or QUEUED */
void admit_lease(
	struct pool *p, struct session *s, uint32_t sequence, const struct control_lease *lease);

/** admit_waiters() - something became free: serve who waits, first come first served */
void admit_waiters(struct pool *p);

/** admit_refuse_waiters() - the pool failed, or the daemon stops: nobody waits in vain */
void admit_refuse_waiters(struct pool *p, uint32_t reason);

/** admit_cancel() - the waiter has gone; consumed */
void admit_cancel(struct waiter *w);

/** admit_init() - the pool's timer for waiters whose time is over */
void admit_init(struct pool *p);
