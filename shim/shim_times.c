/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_times.h"

#include "shim/shim_process.h"

#define NS_IN_US 1000U

void shim_times_start(struct shim_times *t)
{
	*t = (struct shim_times){ .is_on = true, .since_ns = shim_clock_ns() };
}

void shim_times_mark(struct shim_times *t, enum shim_part part)
{
	if (!t->is_on)
		return;
	uint64_t now_ns = shim_clock_ns();

	t->spent_ns[part] += now_ns - t->since_ns;
	t->since_ns = now_ns;
	t->tries += part == SHIM_PART_LEASE;
}

uint64_t shim_times_get_us(const struct shim_times *t, enum shim_part part)
{
	uint64_t sum_ns = 0;

	if (part < SHIM_PART_COUNT)
		return t->spent_ns[part] / NS_IN_US;
	for (unsigned i = 0; i < SHIM_PART_COUNT; i++)
		sum_ns += t->spent_ns[i];
	return sum_ns / NS_IN_US;
}
