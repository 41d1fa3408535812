/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/replace.h"
#include "tests/support/t.h"

static void left__rows__gap_and_number(void **state)
{
	static const uint64_t now = 100 * NS_PER_S;
	static const struct {
		const char *name;
		uint32_t rate, draining;
		uint64_t age_ns, left_ns; /* UINT64_MAX: some time, but less than a gap */
	} rows[] = {
		{ "first", 5, 0, 50 * NS_PER_S, 0 },
		{ "just now", 5, 1, 0, 200 * NS_PER_MS },
		{ "half of the gap", 5, 1, 100 * NS_PER_MS, 100 * NS_PER_MS },
		{ "the gap is over", 5, 1, 200 * NS_PER_MS, 0 },
		{ "four end", 5, 4, NS_PER_S, 0 },
		{ "all five end", 5, 5, NS_PER_S, UINT64_MAX },
		{ "more end than may", 5, 9, NS_PER_S, UINT64_MAX },
		{ "one per second, one ends", 1, 1, 5 * NS_PER_S, UINT64_MAX },
		{ "one per second, none ends", 1, 0, NS_PER_S, 0 },
		{ "no bound", 0, 5000, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint64_t left_ns =
			replace_left_ns(rows[i].rate, rows[i].draining, now - rows[i].age_ns, now);

		if (rows[i].left_ns == UINT64_MAX)
			T_ASSERT_ROW(rows[i].name, left_ns > 0 && left_ns < 200 * NS_PER_MS);
		else
			T_ASSERT_ROW(rows[i].name, left_ns == rows[i].left_ns);
	}
}

/* A thousand pools, each of which takes half a second to end. */
static void left__long_queue__never_more_than_the_rate(void **state)
{
	uint64_t now = 100 * NS_PER_S, last = 0, began = now;
	uint64_t retired[1000] = { 0 };
	size_t done = 0, first = 0;

	(void)state;
	while (done < T_COUNT(retired)) {
		uint64_t left;

		while (first < done && now - retired[first] >= NS_PER_S / 2)
			first++;
		left = replace_left_ns(3, (uint32_t)(done - first), last, now);
		if (!left) {
			assert_true(done - first < 3);
			retired[done++] = last = now;
		}
		now += left ? left : 1;
	}
	/* a third of a second each: as fast as it may */
	assert_in_range((now - began) / NS_PER_S, 332, 350);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left__rows__gap_and_number),
		cmocka_unit_test(left__long_queue__never_more_than_the_rate),
	};

	return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
