#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Buckets of times, the same for whoever counts them and whoever shows them. */

#include <stdint.h>

/** The last one has no bound. */
#define LATENCY_BUCKETS 15U

/** latency_bucket() - in which one a time belongs */
unsigned latency_bucket(uint64_t ns);

/** latency_bound_us() - up to which microsecond, that included; 0: without end */
uint32_t latency_bound_us(unsigned bucket);
