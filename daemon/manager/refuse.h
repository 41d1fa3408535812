#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Saying no: the answer with its figures for the site's error log, one line in the daemon's own,
 * and a note for `lsapidctl why`. Whatever reaches a browser as an error of the manager's passes
 * through here.
 */

#include <stdint.h>

#include "daemon/manager/refusals.h"

struct manager;
struct peer;
struct pool;
struct pool_spec;

struct refuse {
	struct refusals host;   /* all of them */
	struct refusals lonely; /* those that belong to no pool: nobody else would keep them */
};

void refuse_init(struct refuse *r);
void refuse_deinit(struct refuse *r);

/**
 * refuse_lease() - REJECT, for a pool
 * @since_ns: when it was asked for; 0: just now
 */
void refuse_lease(struct pool *p, struct peer *peer, uint32_t sequence, enum reason reason,
	uint64_t since_ns);

/**
 * refuse_peer() - DENIED, for what belongs to no pool
 * @detail: what is wrong, with the figures
 * @spec:   of the pool that was asked for; NULL: it was about something else
 */
void refuse_peer(struct peer *peer, uint32_t sequence, enum reason reason, const char *detail,
	const struct pool_spec *spec);
