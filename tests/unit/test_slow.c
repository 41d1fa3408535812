/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/slow.h"

#include "daemon/base/clock.h"
#include "tests/support/t.h"

#define LIMIT (5 * NS_PER_S)

static void slow_is_due__one_request__told_once_when_its_time_has_come(void **state)
{
	struct slow s = { .told_ns = 0 };
	uint64_t next_ns = 0;

	(void)state;
	assert_false(slow_is_due(&s, 100, LIMIT, 100 + LIMIT - 1, &next_ns));
	assert_int_equal(next_ns, 100 + LIMIT);
	assert_true(slow_is_due(&s, 100, LIMIT, 100 + LIMIT, &next_ns));
	assert_int_equal(next_ns, 100 + 2 * LIMIT);
	assert_false(slow_is_due(&s, 100, LIMIT, 100 + 9 * LIMIT, &next_ns));
	/* the next one on the same connection */
	assert_false(slow_is_due(&s, 100 + 9 * LIMIT, LIMIT, 100 + 9 * LIMIT, &next_ns));
	assert_int_equal(next_ns, 100 + 10 * LIMIT);
	assert_true(slow_is_due(&s, 100 + 9 * LIMIT, LIMIT, 200 + 10 * LIMIT, &next_ns));
}

/* The begin is a hint of an Apache process. */
static void slow_is_due__begin_that_lies_ahead__not_told(void **state)
{
	struct slow s = { .told_ns = 0 };
	uint64_t next_ns = 0;

	(void)state;
	assert_false(slow_is_due(&s, UINT64_MAX, LIMIT, 100, &next_ns));
	assert_int_equal(next_ns, 100 + LIMIT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_is_due__one_request__told_once_when_its_time_has_come),
		cmocka_unit_test(slow_is_due__begin_that_lies_ahead__not_told),
	};

	return cmocka_run_group_tests_name("slow", tests, NULL, NULL);
}
