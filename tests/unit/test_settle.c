/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/settle.h"
#include "tests/support/t.h"

static const uint64_t start_ns = 1000 * NS_PER_S;

static void left__one_event__quiet_time_from_it(void **state)
{
	struct settle s = { .is_open = false };

	(void)state;
	settle_note(&s, start_ns);
	assert_true(s.is_open);
	assert_int_equal(settle_left_ns(&s, start_ns), SETTLE_QUIET_NS);
	assert_int_equal(settle_left_ns(&s, start_ns + SETTLE_QUIET_NS - 1), 1);
	assert_int_equal(settle_left_ns(&s, start_ns + SETTLE_QUIET_NS), 0);
	assert_int_equal(settle_left_ns(&s, start_ns + 10 * SETTLE_MOST_NS), 0);
}

static void left__more_events__each_puts_it_off(void **state)
{
	struct settle s = { .is_open = false };

	(void)state;
	settle_note(&s, start_ns);
	settle_note(&s, start_ns + SETTLE_QUIET_NS / 2);
	assert_int_equal(settle_left_ns(&s, start_ns + SETTLE_QUIET_NS), SETTLE_QUIET_NS / 2);
}

static void left__events_without_end__not_for_ever(void **state)
{
	struct settle s = { .is_open = false };
	uint64_t at;

	(void)state;
	for (at = 0; at < SETTLE_MOST_NS; at += SETTLE_QUIET_NS / 4) {
		settle_note(&s, start_ns + at);
		assert_true(settle_left_ns(&s, start_ns + at) > 0);
	}
	settle_note(&s, start_ns + at);
	assert_int_equal(settle_left_ns(&s, start_ns + at), 0);
}

static void close__next_event__a_burst_of_its_own(void **state)
{
	struct settle s = { .is_open = false };

	(void)state;
	settle_note(&s, start_ns);
	settle_close(&s);
	assert_false(s.is_open);
	settle_note(&s, start_ns + 2 * SETTLE_MOST_NS);
	assert_int_equal(settle_left_ns(&s, start_ns + 2 * SETTLE_MOST_NS), SETTLE_QUIET_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(left__one_event__quiet_time_from_it),
		cmocka_unit_test(left__more_events__each_puts_it_off),
		cmocka_unit_test(left__events_without_end__not_for_ever),
		cmocka_unit_test(close__next_event__a_burst_of_its_own),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
