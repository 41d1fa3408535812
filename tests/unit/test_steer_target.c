/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_target.h"

#include "tests/support/t.h"

static void matches__kinds__only_who_is_meant(void **state)
{
	static const struct {
		struct steer_target target;
		bool is_first, is_second;
	} rows[] = {
		{ { .kind = STEER_TARGET_ALL }, true, true },
		{ { .kind = STEER_TARGET_NUMBER, .number = 1 }, true, false },
		{ { .kind = STEER_TARGET_NAME, .text = "B.test" }, false, true },
		{ { .kind = STEER_TARGET_NAME, .text = "?.test" }, false, false },
		{ { .kind = STEER_TARGET_PATTERN, .text = "?.test" }, true, true },
		{ { .kind = STEER_TARGET_USER, .uid = 1001 }, true, false },
		{ { .kind = STEER_TARGET_USER, .uid = 0 }, false, false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		assert_int_equal(
			steer_target_matches(&rows[i].target, 1, "a.test", 1001), rows[i].is_first);
		assert_int_equal(steer_target_matches(&rows[i].target, 2, "b.test", 1002),
			rows[i].is_second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches__kinds__only_who_is_meant),
	};

	return cmocka_run_group_tests_name("steer_target", tests, NULL, NULL);
}
