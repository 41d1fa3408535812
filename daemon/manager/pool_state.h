#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * States of a pool, which changes are legal, and the only function that changes one.
 *
 *   COLD -> STARTING -> READY -> DRAINING -> COLD;  FAILED with back-off
 *
 * A state is a list: each pool is in exactly one list of its set, so that counting is free and
 * every kind of upkeep walks only the pools that it concerns.
 */

#include <stdbool.h>

enum pool_state {
	POOL_COLD = 0, /* no lsphp parent */
	POOL_STARTING, /* one is wanted or running, but has not been seen to serve */
	POOL_READY,    /* one has been seen to serve */
	POOL_DRAINING, /* the parent was told to retire and has not exited yet */
	POOL_FAILED,   /* it could not start, or dies again and again: next try after a delay */
	POOL_STATE_COUNT
};

struct pool;

/** pool_state_name() - stable word for logs and JSON */
const char *pool_state_name(enum pool_state state);

/** pool_state_is_legal() - may a pool in @from become @to? Pure. */
bool pool_state_is_legal(enum pool_state from, enum pool_state to);

/**
 * pool_set_state() - the only writer of a pool's state
 * @why: for the log; static
 *
 * Moves the pool between the lists of its set and restarts its age. An illegal change is a
 * mistake of ours and ends the manager.
 */
void pool_set_state(struct pool *p, enum pool_state next, const char *why);
