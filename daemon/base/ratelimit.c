/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/ratelimit.h"

#include "daemon/base/clock.h"

void ratelimit_init(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns)
{
	*l = (struct ratelimit){ .tokens = t->burst, .last_ns = now_ns };
}

static void refill(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns)
{
	uint64_t token_ns = NS_PER_S / t->per_s;
	uint64_t fresh = clock_since_ns(l->last_ns, now_ns) / token_ns;

	if (l->tokens >= t->burst || fresh >= t->burst - l->tokens) {
		l->tokens = t->burst;
		l->last_ns = now_ns;
		return;
	}
	l->tokens += (uint32_t)fresh;
	l->last_ns += fresh * token_ns; /* the part of a token that has grown is kept */
}

bool ratelimit_take(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns)
{
	refill(l, t, now_ns);
	if (!l->tokens)
		return false;
	l->tokens--;
	return true;
}

bool ratelimit_is_full(struct ratelimit *l, const struct ratelimit_terms *t, uint64_t now_ns)
{
	refill(l, t, now_ns);
	return l->tokens == t->burst;
}
