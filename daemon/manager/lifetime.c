/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/lifetime.h"

/** Of the length, to either side. */
#define LIFETIME_JITTER_PERCENT 10U
/** The jitter is drawn in so many parts. */
#define LIFETIME_PARTS 4096U

/*
 * Ids count up by one: neighbours must not get neighbouring values.
 * Source: G. L. Steele et al., "Fast splittable pseudorandom number generators", 2014, mix64.
 */
static uint64_t scatter(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

uint64_t lifetime_ns(uint64_t limit_ns, uint64_t spawn_id)
{
	uint64_t jitter_ns = limit_ns / 100 * LIFETIME_JITTER_PERCENT;
	uint64_t part = scatter(spawn_id) % (LIFETIME_PARTS + 1);

	if (!limit_ns)
		return UINT64_MAX;
	return limit_ns - jitter_ns + jitter_ns / LIFETIME_PARTS * 2 * part;
}
