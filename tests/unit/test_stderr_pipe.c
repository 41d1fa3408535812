/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/manager/stderr_pipe.h"
#include "tests/support/t.h"

static void stderr_pipe_split__rows__expected(void **state)
{
	static const struct {
		const char *data;
		int is_full;
		size_t eaten, line;
	} rows[] = {
		{ "one\ntwo", 0, 4, 3 },
		{ "\n", 0, 1, 0 },
		{ "no end yet", 0, 0, 10 },
		{ "no end ever", 1, 11, 11 },
		{ "an end\nand full", 1, 7, 6 },
		{ "", 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		size_t line = 99;

		T_ASSERT_ROW(rows[i].data, stderr_pipe_split(rows[i].data, strlen(rows[i].data),
						   rows[i].is_full, &line) == rows[i].eaten);
		T_ASSERT_ROW(rows[i].data, line == rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stderr_pipe_split__rows__expected) };

	return cmocka_run_group_tests_name("stderr_pipe", tests, NULL, NULL);
}
