/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_times.h"

#include "tests/support/t.h"

static void shim_times_mark__after_the_end__measures_nothing(void **state)
{
	struct shim_times t;

	(void)state;
	shim_times_start(&t);
	shim_times_stop(&t);
	uint64_t since_ns = t.since_ns;

	t.since_ns -= 5000000;
	shim_times_mark(&t, SHIM_PART_LEASE);
	assert_int_equal(t.since_ns, since_ns - 5000000);
	assert_int_equal(t.tries, 0);
	assert_int_equal(shim_times_get_us(&t, SHIM_PART_COUNT), 0);
}

static void shim_times_hear__words_of_each_try__first_and_last_kept(void **state)
{
	struct shim_times t;

	(void)state;
	shim_times_start(&t);
	shim_times_mark(&t, SHIM_PART_LEASE);
	assert_int_equal(t.granted_ns, t.since_ns);
	shim_times_hear(&t);
	uint64_t first_ns = t.heard_ns;

	t.since_ns -= 1000000;
	shim_times_hear(&t);
	assert_int_equal(t.heard_ns, first_ns);
	assert_true(t.head_ns >= first_ns);
	assert_true(shim_times_get_us(&t, SHIM_PART_FIRST) >= 1000);
	shim_times_mark(&t, SHIM_PART_LEASE);
	assert_int_equal(t.heard_ns, 0);
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
		cmocka_unit_test(shim_times_mark__after_the_end__measures_nothing),
		cmocka_unit_test(shim_times_hear__words_of_each_try__first_and_last_kept),
		cmocka_unit_test(shim_times_mark__several_tries__parts_are_added_up),
	};

	return cmocka_run_group_tests_name("shim_times", tests, NULL, NULL);
}
