/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/crash.h"

#include <string.h>

#include "tests/support/t.h"

static void read__lines__expected(void **state)
{
	static const struct {
		const char *line;
		uint32_t pid; /* 0: none of that kind */
		uint32_t signal;
		bool has_core;
	} rows[] = {
		{ "lsphp[7]: Child process with pid: 12 was killed by signal: 11, core dump: 1", 12,
			11, true },
		{ "2026-01-01 [NOTICE] Child process with pid: 2147483647 was killed by signal: 9, "
		  "core dump: 0",
			INT32_MAX, 9, false },
		{ "[UID:5][7] Child process with pid: 14 was killed by signal: 9, core dumped: no",
			14, 9, false },
		{ "Child process with pid: 14 was killed by signal: 6, core dumped: yes", 14, 6,
			true },
		{ "Child process with pid: 14 was killed by signal: 6, core dumped: unknown", 14, 6,
			false },
		{ "Child process with pid: 14 was killed by signal: 6, core dumped: n", 0, 0,
			false },
		{ "Child process with pid: 2147483648 was killed by signal: 9, core dump: 0", 0, 0,
			false },
		{ "Child process with pid: 99999999999999999999999 was killed by signal: 9, core "
		  "dump: 0",
			0, 0, false },
		{ "Child process with pid: 0 was killed by signal: 9, core dump: 0", 0, 0, false },
		{ "Child process with pid: 5 was killed by signal: 65, core dump: 0", 0, 0, false },
		{ "Child process with pid: 5 was killed by signal: 9, core dump: 2", 0, 0, false },
		{ "Child process with pid: 5 was killed by signal: 9", 0, 0, false },
		{ "Child process with pid:  was killed by signal: 9, core dump: 0", 0, 0, false },
		{ "Child process with pid: -5 was killed by signal: 9, core dump: 0", 0, 0, false },
		{ "Child process with pid: ", 0, 0, false },
		{ "", 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct crash c = { .pid = 0 };
		bool is_one = crash_read(rows[i].line, strlen(rows[i].line), &c);

		T_ASSERT_ROW(rows[i].line, is_one == (rows[i].pid != 0));
		T_ASSERT_ROW(rows[i].line, c.pid == rows[i].pid && c.signal == rows[i].signal &&
						   c.has_core == rows[i].has_core);
	}
}

/* A line is no string: what comes behind it is not its own. */
static void read__cut_short__none(void **state)
{
	static const char line[] =
		"Child process with pid: 12 was killed by signal: 11, core dump: 1";
	struct crash c;

	(void)state;
	for (size_t size = 0; size < sizeof(line) - 1; size++)
		assert_false(crash_read(line, size, &c));
	assert_true(crash_read(line, sizeof(line) - 1, &c));
}

static void pack__any__comes_back(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 64; i++) {
		for (int core = 0; core < 2; core++) {
			struct crash c = { .signal = i, .has_core = core != 0 };
			struct crash back;

			crash_unpack(crash_pack(&c), &back);
			assert_int_equal(back.signal, i);
			assert_true(back.has_core == c.has_core);
		}
	}
}

static void hint__signals__name_their_remedy(void **state)
{
	(void)state;
	assert_non_null(strstr(crash_hint(11), "lsapi_backend_coredump"));
	assert_non_null(strstr(crash_hint(9), "memory limit"));
	assert_non_null(strstr(crash_hint(15), "csf/lfd"));
	assert_non_null(crash_hint(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__lines__expected),
		cmocka_unit_test(read__cut_short__none),
		cmocka_unit_test(pack__any__comes_back),
		cmocka_unit_test(hint__signals__name_their_remedy),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
