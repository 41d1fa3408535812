/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/unborn.h"

#include "daemon/base/clock.h"
#include "tests/support/t.h"

static void unborn_note__three_in_a_row__stuck_for_a_while(void **state)
{
	struct unborn u = { .count = 0 };
	uint64_t now = 100 * NS_PER_S;

	(void)state;
	assert_false(unborn_note(&u, now));
	assert_false(unborn_note(&u, now + 100 * NS_PER_MS));
	assert_false(unborn_is_stuck(&u, now + 100 * NS_PER_MS));
	assert_true(unborn_note(&u, now + 200 * NS_PER_MS));
	assert_true(unborn_is_stuck(&u, now + 200 * NS_PER_MS));
	assert_true(unborn_is_stuck(&u, now + 1199 * NS_PER_MS));
	assert_false(unborn_is_stuck(&u, now + 1200 * NS_PER_MS));
}

static void unborn_note__one_more_while_stuck__said_once(void **state)
{
	struct unborn u = { .count = 0 };
	uint64_t now = 100 * NS_PER_S;

	(void)state;
	(void)unborn_note(&u, now);
	(void)unborn_note(&u, now);
	assert_true(unborn_note(&u, now));
	assert_false(unborn_note(&u, now + 500 * NS_PER_MS));
	assert_true(unborn_is_stuck(&u, now + 1499 * NS_PER_MS));
	/* and the first try after the pause is one of the same row, if it fails as well */
	assert_true(unborn_note(&u, now + 1500 * NS_PER_MS));
}

static void unborn_note__seldom__never_stuck(void **state)
{
	struct unborn u = { .count = 0 };

	(void)state;
	for (uint64_t i = 1; i < 100; i++) {
		assert_false(unborn_note(&u, i * 1001 * NS_PER_MS));
		assert_false(unborn_is_stuck(&u, i * 1001 * NS_PER_MS));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(unborn_note__three_in_a_row__stuck_for_a_while),
		cmocka_unit_test(unborn_note__one_more_while_stuck__said_once),
		cmocka_unit_test(unborn_note__seldom__never_stuck),
	};

	return cmocka_run_group_tests_name("unborn", tests, NULL, NULL);
}
