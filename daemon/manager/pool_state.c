/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_state.h"

#include <assert.h>

#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

#define TO(state) (1U << (state))

/* One row per state: what it may become. */
static const unsigned legal[] = {
	[POOL_COLD] = TO(POOL_STARTING),
	[POOL_STARTING] = TO(POOL_READY) | TO(POOL_DRAINING) | TO(POOL_FAILED) | TO(POOL_COLD),
	[POOL_READY] = TO(POOL_DRAINING) | TO(POOL_FAILED) | TO(POOL_COLD),
	[POOL_DRAINING] = TO(POOL_COLD),
	[POOL_FAILED] = TO(POOL_STARTING) | TO(POOL_COLD),
};

static const char *const names[] = {
	[POOL_COLD] = "cold",
	[POOL_STARTING] = "starting",
	[POOL_READY] = "ready",
	[POOL_DRAINING] = "draining",
	[POOL_FAILED] = "failed",
};

_Static_assert(sizeof(legal) / sizeof(legal[0]) == POOL_STATE_COUNT, "a row per state");
_Static_assert(sizeof(names) / sizeof(names[0]) == POOL_STATE_COUNT, "a name per state");

const char *pool_state_name(enum pool_state state)
{
	return state < POOL_STATE_COUNT ? names[state] : "unknown";
}

bool pool_state_is_legal(enum pool_state from, enum pool_state to)
{
	if (from >= POOL_STATE_COUNT || to >= POOL_STATE_COUNT)
		return false;
	return legal[from] & TO(to);
}

void pool_set_state(struct pool *p, enum pool_state next, const char *why)
{
	assert(pool_state_is_legal(p->state, next));
	log_info("pool.state", F_POOL(p), F_STR("from", pool_state_name(p->state)),
		F_STR("to", pool_state_name(next)), F_STR("why", why));
	list_remove(&p->state_node);
	list_push_back(&p->manager->pools.by_state[next], &p->state_node);
	p->state = next;
	p->since_ns = manager_now(p->manager);
	pool_set_note_use(p);
}
