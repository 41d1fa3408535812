#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How users share the host's ceiling of children (max_children_total). Pure: counts in, yes or no
 * out.
 *
 * The share of a user is the ceiling divided by the users that hold or wait for something. Whoever
 * holds less may take whatever is free. Whoever has his share may grow only while more is free than
 * a reserve, which is for those who come next: a burst of one user gets what the others leave, and
 * the first requests of another find room even at its height. A user who is alone has all of it.
 */

#include <stdbool.h>
#include <stdint.h>

struct fair_figures {
	uint32_t limit; /* of the host */
	uint32_t used;  /* connections of all users */
	uint32_t users; /* that hold or wait, the one in question among them */
};

/** The reserve is this part of the ceiling: room for the first requests of some users. */
#define FAIR_RESERVE_PART 16U

static inline uint32_t fair_share(const struct fair_figures *f)
{
	uint32_t share = f->users ? f->limit / f->users : f->limit;

	return share ? share : 1;
}

static inline uint32_t fair_reserve(const struct fair_figures *f)
{
	uint32_t reserve = f->limit / FAIR_RESERVE_PART;

	return reserve ? reserve : 1;
}

static inline uint32_t fair_free(const struct fair_figures *f)
{
	return f->limit > f->used ? f->limit - f->used : 0;
}

/** fair_may_grow() - may a user that holds @held take a free place? */
static inline bool fair_may_grow(const struct fair_figures *f, uint32_t held)
{
	uint32_t free = fair_free(f);

	if (held < fair_share(f))
		return free > 0;
	return free > fair_reserve(f);
}

/** A connection that nobody used for so long is left over, whoever has it. */
#define FAIR_LEFT_NS 1000000000ULL

/**
 * fair_may_evict() - may a user that holds @held have the place of an idle connection?
 * @owner_held: what its owner holds
 * @idle_ns:    how long it has been idle
 *
 * Below the share: any. Above it: that of somebody who has no less (or his own, for another pool),
 * or one that is left over.
 */
static inline bool fair_may_evict(
	const struct fair_figures *f, uint32_t held, uint32_t owner_held, uint64_t idle_ns)
{
	return held < fair_share(f) || owner_held >= held || idle_ns > FAIR_LEFT_NS;
}

/**
 * fair_must_yield() - does a connection that has just become free go to somebody else?
 * @owner_held:  what the one holds whose connection it is
 * @waiter_held: what the poorest of those holds whom the host's ceiling holds back
 */
static inline bool fair_must_yield(
	const struct fair_figures *f, uint32_t owner_held, uint32_t waiter_held)
{
	return waiter_held < fair_share(f) && owner_held > fair_share(f);
}
