/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/lifetime.h"
#include "tests/support/t.h"

#define HOUR (3600 * NS_PER_S)

static void lifetime__no_limit__for_ever(void **state)
{
	(void)state;
	for (uint64_t id = 0; id < 100; id++)
		assert_true(lifetime_ns(0, id) == UINT64_MAX);
}

static void lifetime__same_start__same_length(void **state)
{
	(void)state;
	for (uint64_t id = 1; id < 100; id++)
		assert_true(lifetime_ns(HOUR, id) == lifetime_ns(HOUR, id));
}

/* Starts of one minute have ids in a row: each tenth of the range gets its share of their ends. */
static void lifetime__many_starts__spread_over_a_tenth_to_either_side(void **state)
{
	unsigned count[10] = { 0 };

	(void)state;
	for (uint64_t id = 1; id <= 10000; id++) {
		uint64_t life = lifetime_ns(HOUR, id);

		assert_true(life >= HOUR / 10 * 9 && life <= HOUR / 10 * 11);
		life = (life - HOUR / 10 * 9) / (HOUR / 50);
		count[life < 10 ? life : 9]++;
	}
	for (size_t i = 0; i < T_COUNT(count); i++)
		assert_in_range(count[i], 800, 1200);
}

static void lifetime__short_and_long_limits__within_their_tenth(void **state)
{
	static const uint64_t limits[] = { NS_PER_S, 2 * NS_PER_S, 366ULL * 24 * HOUR };

	(void)state;
	for (size_t i = 0; i < T_COUNT(limits); i++) {
		for (uint64_t id = UINT64_MAX - 100; id > 100; id = id < 200 ? 0 : id / 3) {
			uint64_t life = lifetime_ns(limits[i], id);

			assert_true(life >= limits[i] / 10 * 9 && life <= limits[i] / 10 * 11);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetime__no_limit__for_ever),
		cmocka_unit_test(lifetime__same_start__same_length),
		cmocka_unit_test(lifetime__many_starts__spread_over_a_tenth_to_either_side),
		cmocka_unit_test(lifetime__short_and_long_limits__within_their_tenth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
