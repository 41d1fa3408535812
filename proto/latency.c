/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/latency.h"

#define NS_IN_US 1000U

/* From a cached page to a time limit, three to a decade. */
static const uint32_t bounds_us[LATENCY_BUCKETS] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 0 };

unsigned latency_bucket(uint64_t ns)
{
	unsigned bucket = 0;

	while (bucket < LATENCY_BUCKETS - 1 && ns > (uint64_t)bounds_us[bucket] * NS_IN_US)
		bucket++;
	return bucket;
}

uint32_t latency_bound_us(unsigned bucket)
{
	return bucket < LATENCY_BUCKETS ? bounds_us[bucket] : 0;
}
