/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/backoff.h"

/* 60 s are reached after six doublings; more would only overflow the shift. */
#define BACKOFF_MOST_DOUBLINGS 6U

static uint64_t delay_ns(uint32_t doublings)
{
	uint64_t ns;

	if (doublings > BACKOFF_MOST_DOUBLINGS)
		doublings = BACKOFF_MOST_DOUBLINGS;
	ns = BACKOFF_FIRST_NS << doublings;
	return ns < BACKOFF_LONGEST_NS ? ns : BACKOFF_LONGEST_NS;
}

void backoff_fail(struct backoff *b, bool has_served, uint64_t lived_ns, uint64_t now_ns)
{
	bool was_healthy = has_served && lived_ns >= BACKOFF_HEALTHY_NS;

	if (was_healthy || now_ns - b->last_ns > BACKOFF_FORGET_NS)
		b->failures = 0;
	b->failures++;
	b->last_ns = now_ns;
	if (!has_served)
		b->until_ns = now_ns + delay_ns(b->failures - 1);
	else
		b->until_ns = b->failures == 1 ? now_ns : now_ns + delay_ns(b->failures - 2);
}

uint64_t backoff_left_ns(const struct backoff *b, uint64_t now_ns)
{
	return b->until_ns > now_ns ? b->until_ns - now_ns : 0;
}
