#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Idle reaping: a pool that had no work for its pgrp_max_idle goes. One timer per running pool;
 * taking and returning leases costs nothing here, since the timer looks at the leases' last use
 * only when it fires, and is set again to when the pool could be idle long enough.
 */

#include <stdbool.h>
#include <stdint.h>

struct pool;

/** idle_arm() - the pool runs: look at it when it could have been idle long enough */
void idle_arm(struct pool *p);

/** idle_disarm() - no parent, nothing to reap */
void idle_disarm(struct pool *p);

/**
 * idle_is_in_use() - does some lease work, or somebody wait?
 * @ret_last_use_ns: if not: when the last use of any connection was
 */
bool idle_is_in_use(const struct pool *p, uint64_t *ret_last_use_ns);

/** idle_free() - the pool ends; it may never have run */
void idle_free(struct pool *p);

/**
 * idle_left_ns() - how long until a pool has been idle for long enough; pure
 * @is_busy: some lease works, so the whole time lies ahead
 *
 * Return: 0: now
 */
uint64_t idle_left_ns(uint64_t limit_ns, bool is_busy, uint64_t last_use_ns, uint64_t now_ns);
