#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The users whose PHP runs here, one for each uid that has a pool: what all pools of one account
 * have together. How many connections it holds, and which of its pools wait because the host has
 * no room for it. Pure bookkeeping; fair.h decides by it.
 */

#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/heap.h"
#include "daemon/base/map.h"
#include "daemon/manager/start_queue.h"

struct user {
	uid_t uid;
	uint32_t pools;           /* that refer to it: gone with the last of them */
	uint32_t held;            /* connections of all its pools */
	struct start_line starts; /* pools that wait for their turn to start */
	struct heap held_back;    /* pools that the ceiling of the host holds back, oldest first */
	struct heap_node node;    /* in the heap of users, while there is one of these */
};

/** A pool whose first waiter could be served if the host had room; embedded in the pool. */
struct held_back {
	struct heap_node node;
	struct user *user; /* borrowed: the pool's */
	uint64_t since_ns; /* of the waiter */
};

struct users {
	struct map by_uid;
	struct heap held_back; /* users: who holds least first, then who waits longest */
	uint32_t active;       /* users that hold or wait */
};

void users_init(struct users *us);
/** users_deinit() - no pool refers to any of them any more */
void users_deinit(struct users *us);

/** users_ref() - one pool more. Return: 0 and *ret_user (users_unref()); -ENOMEM */
int users_ref(struct users *us, uid_t uid, struct user **ret_user) ATTR_MUST_USE;

/** users_unref() - one pool less; accepts NULL; returns NULL */
struct user *users_unref(struct users *us, struct user *u);

/** users_gain(), users_lose() - one connection more, or less */
void users_gain(struct users *us, struct user *u);
void users_lose(struct users *us, struct user *u);

/** users_hold_back() - the first waiter of a pool waits for the host since @since_ns */
void users_hold_back(struct users *us, struct held_back *h, struct user *u, uint64_t since_ns);

/** users_let_go() - it does not any more; nothing happens if it did not */
void users_let_go(struct users *us, struct held_back *h);

/** users_next() - who gets the next place: of the user that holds least; NULL: nobody waits */
struct held_back *users_next(const struct users *us);

/** users_is_active() - does it hold or wait? */
static inline bool users_is_active(const struct user *u)
{
	return u->held || !heap_is_empty(&u->held_back);
}

static inline bool held_back_is_in(const struct held_back *h)
{
	return heap_node_is_in(&h->node);
}
