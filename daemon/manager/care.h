#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The care that a pool takes of its PHP while it is active: requests that run for too long are
 * ended (overdue.h), the parent is replaced when its time is over (lifetime.h) or it has served
 * enough (pgrp.h), children that have grown too large are recycled (recycle.h), and a pool that is
 * warm is frozen (freeze.h).
 *
 * One timer per pool, set to when the first of these could be due. It is pending while the pool has
 * leases, or a parent with a limited life; a pool that is cold has none, and nothing ever walks
 * over all pools.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "daemon/base/ratelimit.h"

struct pool;

/** Of a pool that was active at least once. */
struct care {
	struct event timer;
	uint64_t due_ns;            /* of the timer; UINT64_MAX: it is not pending */
	uint64_t weigh_ns;          /* the next look at the memory of children (recycle.h) */
	uint32_t weigh_round;       /* ... and its number */
	struct list leaving;        /* backends whose children were told to end; held by nobody */
	uint32_t suspects;          /* leases that were asked back to have their children weighed */
	struct ratelimit slow_rate; /* of slow requests that are told of; zeroed, it is full */
	uint64_t slow_untold;       /* those left out since one was told of */
	uint64_t slow;              /* requests that ran for longer than slow_time */
	uint64_t runaways;          /* requests that were ended by us */
	uint64_t recycled;          /* children that were ended for their memory */
	uint64_t lifetimes;         /* parents that were replaced as their time was over */
};

/**
 * care_wake() - the pool has begun to serve, or lends a connection
 *
 * Costs a comparison when the timer is pending already. Without memory for it the pool does
 * without: lsphp has limits of its own.
 */
void care_wake(struct pool *p);

/** care_look_now() - the pool's settings have changed: look in this turn */
void care_look_now(struct pool *p);

/** care_free() - the pool ends, and nothing leaves any more; it may never have had any */
void care_free(struct pool *p);
