/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/restart.h"

#define GOOD_LIFE_MS  60000U
#define FIRST_WAIT_MS 250U
#define MAX_WAIT_MS   10000U

uint64_t restart_after(struct restart *b, uint64_t lived_ms)
{
	uint64_t wait_ms;

	if (lived_ms >= GOOD_LIFE_MS)
		b->failures = 0;
	b->failures++;
	if (b->failures == 1)
		return 0;
	/* 2^6 * 250 ms is beyond the longest wait */
	wait_ms = b->failures > 8 ? MAX_WAIT_MS : (uint64_t)FIRST_WAIT_MS << (b->failures - 2);
	return wait_ms < MAX_WAIT_MS ? wait_ms : MAX_WAIT_MS;
}
