/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_times.h"

#include "tests/support/t.h"

static void shim_times_mark__not_started__measures_nothing(void **state)
{
	struct shim_times t = { .is_on = false };

	(void)state;
	shim_times_mark(&t, SHIM_PART_LEASE);
	assert_int_equal(t.since_ns, 0);
	assert_int_equal(t.tries, 0);
	assert_int_equal(shim_times_get_us(&t, SHIM_PART_COUNT), 0);
}

static void shim_times_mark__several_tries__parts_are_added_up(void **state)
{
	struct shim_times t;

	(void)state;
	shim_times_start(&t);
	t.since_ns -= 5000000;
	shim_times_mark(&t, SHIM_PART_LEASE);
	t.since_ns -= 3000000;
	shim_times_mark(&t, SHIM_PART_SEND);
	t.since_ns -= 7000000;
	shim_times_mark(&t, SHIM_PART_LEASE);
	assert_int_equal(t.tries, 2);
	assert_true(shim_times_get_us(&t, SHIM_PART_LEASE) >= 12000);
	assert_true(shim_times_get_us(&t, SHIM_PART_SEND) >= 3000);
	assert_int_equal(shim_times_get_us(&t, SHIM_PART_REST), 0);
	assert_true(shim_times_get_us(&t, SHIM_PART_COUNT) >= 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_times_mark__not_started__measures_nothing),
		cmocka_unit_test(shim_times_mark__several_tries__parts_are_added_up),
	};

	return cmocka_run_group_tests_name("shim_times", tests, NULL, NULL);
}
