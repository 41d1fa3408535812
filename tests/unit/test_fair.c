/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/fair.h"
#include "tests/support/t.h"

static void fair_may_grow__rows__expected(void **state)
{
	static const struct {
		const char *name;
		struct fair_figures f;
		uint32_t held;
		bool may;
	} rows[] = {
		{ "alone: up to the ceiling", { 160, 159, 1 }, 159, true },
		{ "alone: not above it", { 160, 160, 1 }, 160, false },
		{ "below the share: the last place", { 160, 159, 2 }, 79, true },
		{ "below the share: nothing is free", { 160, 160, 2 }, 0, false },
		{ "at the share: more than the reserve", { 160, 149, 2 }, 80, true },
		{ "at the share: the reserve", { 160, 150, 2 }, 80, false },
		{ "above the share: the same", { 160, 149, 2 }, 148, true },
		{ "more users than places: one each", { 4, 3, 9 }, 0, true },
		{ "more users than places: not two", { 4, 3, 9 }, 1, false },
		{ "the smallest ceiling", { 1, 0, 2 }, 0, true },
		{ "a ceiling that was lowered", { 4, 9, 1 }, 2, false },
		{ "nobody yet", { 4, 0, 0 }, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, fair_may_grow(&rows[i].f, rows[i].held) == rows[i].may);
}

static void fair_may_evict__rows__expected(void **state)
{
	static const struct fair_figures f = { 100, 100, 2 };

	(void)state;
	assert_true(fair_may_evict(&f, 49, 1, 0));
	assert_true(fair_may_evict(&f, 50, 50, 0));
	assert_false(fair_may_evict(&f, 50, 49, FAIR_LEFT_NS));
	assert_true(fair_may_evict(&f, 50, 49, FAIR_LEFT_NS + 1));
}

static void fair_must_yield__rows__expected(void **state)
{
	static const struct fair_figures f = { 100, 100, 2 };

	(void)state;
	assert_true(fair_must_yield(&f, 51, 49));
	assert_false(fair_must_yield(&f, 50, 49));
	assert_false(fair_must_yield(&f, 51, 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fair_may_grow__rows__expected),
		cmocka_unit_test(fair_may_evict__rows__expected),
		cmocka_unit_test(fair_must_yield__rows__expected),
	};

	return cmocka_run_group_tests_name("fair", tests, NULL, NULL);
}
