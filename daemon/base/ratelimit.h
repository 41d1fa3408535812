#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A token bucket. Time is an argument; what was refused is counted until somebody tells it. */

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	uint32_t per_s; /* refill */
	uint32_t burst; /* capacity */
	uint32_t tokens;
	uint64_t last_ns; /* of the last refill */
	uint64_t refused; /* since the last ratelimit_steal_refused() */
};

/** ratelimit_init() - full bucket */
void ratelimit_init(struct ratelimit *l, uint32_t per_s, uint32_t burst, uint64_t now_ns);

/** ratelimit_take() - false: one too many, and counted */
bool ratelimit_take(struct ratelimit *l, uint64_t now_ns);

/** ratelimit_steal_refused() - how many were refused since the last call */
uint64_t ratelimit_steal_refused(struct ratelimit *l);
