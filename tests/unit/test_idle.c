/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/idle.h"
#include "tests/support/t.h"

static void idle_left_ns__rows__expected(void **state)
{
	static const struct {
		const char *name;
		uint64_t limit;
		bool is_busy;
		uint64_t last, now, left;
	} rows[] = {
		{ "just used", 30, false, 100, 100, 30 },
		{ "half of it", 30, false, 100, 115, 15 },
		{ "at the limit", 30, false, 100, 130, 0 },
		{ "beyond", 30, false, 100, 1000, 0 },
		{ "busy for long", 30, true, 100, 1000, 30 },
		{ "used in the future, as a shim may claim", 30, false, 200, 100, 30 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, idle_left_ns(rows[i].limit, rows[i].is_busy,
						   rows[i].last, rows[i].now) == rows[i].left);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(idle_left_ns__rows__expected) };

	return cmocka_run_group_tests_name("idle", tests, NULL, NULL);
}
