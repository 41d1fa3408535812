/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/restart.h"

#include "tests/support/t.h"

static void restart_after__short_lives__at_once_then_growing_to_ten_seconds(void **state)
{
	static const uint64_t expected_ms[] = { 0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000,
		10000 };
	struct restart b = { .failures = 0 };

	(void)state;
	for (size_t i = 0; i < T_COUNT(expected_ms); i++)
		assert_int_equal(restart_after(&b, 59999), expected_ms[i]);
	b.failures = 100000;
	assert_int_equal(restart_after(&b, 0), 10000);
}

static void restart_after__a_minute_of_life__begins_anew(void **state)
{
	struct restart b = { .failures = 7 };

	(void)state;
	assert_int_equal(restart_after(&b, 60000), 0);
	assert_int_equal(restart_after(&b, 1), 250);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(restart_after__short_lives__at_once_then_growing_to_ten_seconds),
		cmocka_unit_test(restart_after__a_minute_of_life__begins_anew),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
