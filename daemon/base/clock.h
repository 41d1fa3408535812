#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Monotonic time in nanoseconds. Read once per turn and passed down; deciding code never asks. */

#include <stdint.h>
#include <time.h>

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_US 1000ULL

static inline uint64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/** clock_since_ns() - time passed; 0 if @then is not yet */
static inline uint64_t clock_since_ns(uint64_t then, uint64_t now)
{
	return now > then ? now - then : 0;
}
