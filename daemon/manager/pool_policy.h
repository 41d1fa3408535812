#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who gets a connection: the decision, without the deed. Pure: counts, ages, limits in; one
 * action out. The caller carries it out and asks again if the world was faster.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/manager/fair.h"
#include "daemon/manager/pool_state.h"
#include "proto/reason.h"

/**
 * A lease that nobody used for this long is taken from its holder rather than another child
 * started: low traffic over many Apache processes then needs few children.
 */
#define POOL_POLICY_STALE_NS 1000000000ULL

enum pool_action {
	POOL_GRANT_IDLE, /* a connection that nobody holds */
	POOL_REVOKE,     /* the lease that has been idle longest */
	POOL_CONNECT,    /* a new connection to a parent that runs or is starting */
	POOL_START,      /* the same, and a parent has to be started first */
	POOL_EVICT,      /* close what is idle in another pool, as the host is full; decide again */
	POOL_QUEUE,      /* wait for the next one that becomes free */
	POOL_REJECT,     /* say why, at once */
	POOL_ACTION_COUNT
};

struct pool_figures {
	enum pool_state state;
	bool is_stopping; /* the manager as a whole */
	bool is_stopped;  /* by an administrator, for as long as he wants */
	bool has_slot;    /* the session has a free slot in its lease table */
	bool has_idle;    /* a lease of some session is idle ... */
	uint64_t idle_ns; /* ... and the oldest one for this long */
	bool has_enough;  /* as many connections as are kept: an idle one is better than another */
	uint32_t unheld;  /* connections that nobody holds */
	uint32_t connections; /* all of the pool, held or not */
	uint32_t children;    /* its limit */
	struct fair_figures host;
	uint32_t user_held; /* connections of all pools of its user */
	bool has_place;     /* an eviction made one for it just now */
	bool has_spare;     /* another pool's connection that it may have the place of */
	uint32_t waiting;   /* requests in the queue before this one */
	uint32_t wait_limit;
	bool can_wait;       /* queue mode */
	bool is_stuck;       /* lsphp can not fork: a further child would be asked for in vain */
	bool is_backing_off; /* FAILED, and the next try is still ahead */
	enum reason fail_reason; /* why it failed */
};

struct pool_decision {
	enum pool_action action;
	enum reason reason; /* POOL_REJECT: why */
};

/** pool_policy_has_room() - is there room for one connection more, as far as the host goes? */
bool pool_policy_has_room(const struct pool_figures *f);

/**
 * pool_policy_decide() - what to do for one request for a connection
 *
 * Source: design.md "Admission"; the order of preference is that of the project's brief.
 */
struct pool_decision pool_policy_decide(const struct pool_figures *f);
