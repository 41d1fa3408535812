/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_times.h"

#include "shim/shim_process.h"

#define NS_IN_US 1000U

void shim_times_start(struct shim_times *t)
{
	*t = (struct shim_times){ .since_ns = shim_clock_ns() };
}

void shim_times_stop(struct shim_times *t)
{
	t->is_over = true;
}

void shim_times_mark(struct shim_times *t, enum shim_part part)
{
	if (t->is_over)
		return;
	uint64_t now_ns = shim_clock_ns();

	t->spent_ns[part] += now_ns - t->since_ns;
	t->since_ns = now_ns;
	if (part != SHIM_PART_LEASE)
		return;
	t->tries++;
	t->granted_ns = now_ns;
	t->heard_ns = 0;
}

void shim_times_hear(struct shim_times *t)
{
	shim_times_mark(t, SHIM_PART_FIRST);
	if (!t->heard_ns)
		t->heard_ns = t->since_ns;
	t->head_ns = t->since_ns;
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
