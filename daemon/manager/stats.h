#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Counters of one life of the manager; they only grow. Shown by STATUS. */

#include <stdint.h>

#include "daemon/manager/pool_policy.h"
#include "proto/control.h"
#include "proto/reason.h"

struct stats {
	uint64_t leases;                      /* LEASE messages */
	uint64_t grants[POOL_ACTION_COUNT];   /* by what was done */
	uint64_t rejects[REASON_COUNT];       /* LEASE refused, by reason */
	uint64_t denials[REASON_COUNT];       /* HELLO and POOL refused, by reason */
	uint64_t closes[CONTROL_CLOSE_COUNT]; /* CLOSE of the shims, by why */
	uint64_t returns;
	uint64_t evictions;      /* idle connections closed for another pool, the host being full */
	uint64_t starts;         /* lsphp parents started */
	uint64_t start_failures; /* could not be started, or never served */
	uint64_t unasked_exits;  /* parents that had served and ended unasked */
	uint64_t retirements;    /* parents told to retire */
	uint64_t lifetimes;      /* ... as their max_lifetime was over */
	uint64_t slow;           /* requests that ran for longer than slow_time */
	uint64_t runaways;       /* requests ended for max_process_time */
	uint64_t recycled;       /* children ended for max_memory */
	uint64_t cold_starts;    /* parents that run, not from an image */
	uint64_t thawed_starts;  /* ... from one */
	uint64_t freezes;        /* images written */
	uint64_t freeze_failures;
	uint64_t sessions;      /* HELLO accepted */
	uint64_t dropped_peers; /* for a violation, or for not reading */
	uint64_t log_lines;     /* in log files of pools */
	uint64_t log_lost;      /* lines that such a file did not take */
	uint64_t stderr_lines;
	uint64_t stderr_dropped; /* lines above the rate limit */
};

/** stats_refuse() - count a refusal; a reason out of range counts as internal */
static inline void stats_refuse(uint64_t by_reason[REASON_COUNT], enum reason reason)
{
	by_reason[reason < REASON_COUNT ? reason : REASON_INTERNAL]++;
}
