/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pace.h"

/** So much of the difference is taken over. */
#define PACE_PART 4U

void pace_note(struct pace *p, uint64_t ns)
{
	uint64_t most_ns = p->mean_ns > UINT64_MAX / 2 ? UINT64_MAX : p->mean_ns * 2;
	uint64_t counted_ns = ns < most_ns ? ns : most_ns;

	if (!p->count)
		p->mean_ns = ns;
	else if (counted_ns > p->mean_ns)
		p->mean_ns += (counted_ns - p->mean_ns) / PACE_PART;
	else
		p->mean_ns -= (p->mean_ns - counted_ns) / PACE_PART;
	p->last_ns = ns;
	p->count++;
}
