#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A token bucket. Time is an argument. */

#include <stdbool.h>
#include <stdint.h>

struct ratelimit_terms {
	uint32_t per_s; /* refill; not 0 */
	uint32_t burst; /* capacity */
};

struct ratelimit {
	uint64_t last_ns; /* of the last refill */
	uint32_t tokens;
};

/** ratelimit_init() - full bucket */
void ratelimit_init(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns);

/** ratelimit_take() - false: one too many. The terms may be others than before. */
bool ratelimit_take(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns);

/** ratelimit_is_full() - as if nobody had ever taken anything */
bool ratelimit_is_full(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns);
