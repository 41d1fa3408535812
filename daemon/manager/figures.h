#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a pool's requests came to, as those who hold its connections note it (proto/lease_note.h),
 * and how long they and its starts took. What leases that have ended had is added up here; those
 * under way are asked when somebody wants to know.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "proto/lease_note.h"

struct backend;
struct pool;

/** Times of one kind. */
struct figures_times {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t bucket[LATENCY_BUCKETS];
};

/** How PHP came to run. */
enum figures_start {
	FIGURES_COLD = 0,
	FIGURES_THAWED,
	FIGURES_STARTS
};

struct figures {
	struct lease_counts ended;  /* of leases that are no more */
	struct figures_times queue; /* of requests that had to wait, and got a connection */
	struct figures_times start[FIGURES_STARTS]; /* until the first byte of an answer */
	char *user;    /* owned: name of the account, for people; NULL: it has none */
	bool is_named; /* its metrics are told apart from those of others (metrics.h) */
};

/** figures_prepare() - for a pool whose first connection is about to be lent. Return: 0; -ENOMEM */
int figures_prepare(struct pool *p) ATTR_MUST_USE;

/** figures_free() - of a pool that is about to end; its metrics keep what has to be kept */
void figures_free(struct pool *p);

/** figures_take() - the lease of @b ends: what it says is kept */
void figures_take(struct backend *b);

/** figures_get() - of all requests of a pool that have ended until now */
void figures_get(const struct pool *p, struct lease_counts *ret_counts);

/** figures_note_wait() - a request got its connection after a time in the queue */
void figures_note_wait(struct pool *p, uint64_t ns);

/** figures_note_start() - the parent of a pool has served for the first time */
void figures_note_start(struct pool *p, uint64_t ns);

/** figures_times_add() - one more */
void figures_times_add(struct figures_times *t, uint64_t ns);
