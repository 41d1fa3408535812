/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/settle.h"

#include "daemon/base/clock.h"

void settle_note(struct settle *s, uint64_t now_ns)
{
	if (!s->is_open)
		s->first_ns = now_ns;
	s->is_open = true;
	s->last_ns = now_ns;
}

static uint64_t left_of(uint64_t limit_ns, uint64_t since_ns, uint64_t now_ns)
{
	uint64_t age_ns = clock_since_ns(since_ns, now_ns);

	return age_ns < limit_ns ? limit_ns - age_ns : 0;
}

uint64_t settle_left_ns(const struct settle *s, uint64_t now_ns)
{
	uint64_t quiet_ns = left_of(SETTLE_QUIET_NS, s->last_ns, now_ns);
	uint64_t most_ns = left_of(SETTLE_MOST_NS, s->first_ns, now_ns);

	return quiet_ns < most_ns ? quiet_ns : most_ns;
}

void settle_close(struct settle *s)
{
	s->is_open = false;
}
