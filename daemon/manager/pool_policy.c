/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_policy.h"

static struct pool_decision act(enum pool_action action)
{
	return (struct pool_decision){ .action = action, .reason = REASON_NONE };
}

static struct pool_decision reject(enum reason reason)
{
	return (struct pool_decision){ .action = POOL_REJECT, .reason = reason };
}

/* A further connection: which deed that takes depends on whether somebody will accept it. */
static struct pool_decision grow(enum pool_state state)
{
	switch (state) {
	case POOL_STARTING:
	case POOL_READY:
		return act(POOL_CONNECT);
	case POOL_COLD:
	case POOL_DRAINING:
	case POOL_FAILED:
	case POOL_STATE_COUNT:
		break;
	}
	return act(POOL_START);
}

static struct pool_decision wait_or_reject(const struct pool_figures *f, enum reason busy)
{
	if (!f->can_wait)
		return reject(busy);
	if (f->waiting >= f->wait_limit)
		return reject(REASON_QUEUE_FULL);
	return act(POOL_QUEUE);
}

bool pool_policy_has_room(const struct pool_figures *f)
{
	/* one goes, one comes: what is kept for others stays as it was */
	if (f->has_place && fair_free(&f->host))
		return true;
	return fair_may_grow(&f->host, f->user_held);
}

struct pool_decision pool_policy_decide(const struct pool_figures *f)
{
	bool has_room = f->connections < f->children;
	bool can_grow = has_room && !f->is_stuck;

	if (f->is_stopping)
		return reject(REASON_STOPPING);
	if (f->is_stopped)
		return reject(REASON_STOPPED);
	if (!f->has_slot)
		return reject(REASON_SESSION_FULL);
	if (f->state == POOL_FAILED && f->is_backing_off)
		return reject(f->fail_reason);
	/* who came first is served first */
	if (f->waiting)
		return wait_or_reject(f, REASON_BUSY);
	if (f->unheld)
		return act(POOL_GRANT_IDLE);
	if (f->has_idle && (f->has_enough || f->idle_ns > POOL_POLICY_STALE_NS))
		return act(POOL_REVOKE);
	if (can_grow && pool_policy_has_room(f))
		return grow(f->state);
	if (f->has_idle)
		return act(POOL_REVOKE);
	if (can_grow && f->has_spare)
		return act(POOL_EVICT);
	if (has_room && f->is_stuck)
		return wait_or_reject(f, REASON_PROCESS_LIMIT);
	return wait_or_reject(f, can_grow ? REASON_HOST_FULL : REASON_BUSY);
}
