/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pace.h"

#include "tests/support/t.h"

static void note__starts__expected(void **state)
{
	static const struct {
		const char *name;
		uint64_t ns[4];
		uint32_t count;
		uint64_t mean_ns;
	} rows[] = {
		{ "the first is as it is", { 800 }, 1, 800 },
		{ "a quarter of the difference, up", { 800, 1200 }, 2, 900 },
		{ "... and down", { 800, 400 }, 2, 700 },
		{ "a slow script is a double at most", { 800, 80000 }, 2, 1000 },
		{ "no overflow", { UINT64_MAX, UINT64_MAX }, 2, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct pace p = { .count = 0 };

		for (uint32_t k = 0; k < rows[i].count; k++)
			pace_note(&p, rows[i].ns[k]);
		T_ASSERT_ROW(rows[i].name, p.mean_ns == rows[i].mean_ns);
		T_ASSERT_ROW(rows[i].name, p.last_ns == rows[i].ns[rows[i].count - 1]);
		T_ASSERT_ROW(rows[i].name, p.count == rows[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(note__starts__expected),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
