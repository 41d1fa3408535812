/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/ratelimit.h"

#include "daemon/base/clock.h"

void ratelimit_init(struct ratelimit *l, uint32_t per_s, uint32_t burst, uint64_t now_ns)
{
	*l = (struct ratelimit){
		.per_s = per_s,
		.burst = burst,
		.tokens = burst,
		.last_ns = now_ns,
	};
}

static void refill(struct ratelimit *l, uint64_t now_ns)
{
	uint64_t token_ns = NS_PER_S / l->per_s;
	uint64_t fresh = clock_since_ns(l->last_ns, now_ns) / token_ns;

	if (fresh >= l->burst - l->tokens) {
		l->tokens = l->burst;
		l->last_ns = now_ns;
		return;
	}
	l->tokens += (uint32_t)fresh;
	l->last_ns += fresh * token_ns; /* the part of a token that has grown is kept */
}

bool ratelimit_take(struct ratelimit *l, uint64_t now_ns)
{
	refill(l, now_ns);
	if (!l->tokens) {
		l->refused++;
		return false;
	}
	l->tokens--;
	return true;
}

uint64_t ratelimit_steal_refused(struct ratelimit *l)
{
	uint64_t refused = l->refused;

	l->refused = 0;
	return refused;
}
