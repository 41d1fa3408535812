/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_param.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

struct param_case {
	const char *text;
	const char *expected; /* name=value, each in brackets; ! for a bad one */
};

static const struct param_case cases[] = {
	{ "", "" },
	{ " ; \n \\n;", "" },
	{ "memory_limit=64M", "[memory_limit=64M]" },
	{ " a = 1 ; b.c=2;", "[a=1][b.c=2]" },
	{ "a=1\nb=2\r\nc=3", "[a=1][b=2][c=3]" },
	{ "a=1 \\n b=2", "[a=1][b=2]" },
	{ "a=\"x; y\";b=2", "[a=x; y][b=2]" },
	{ "a=\"x\\ny\"", "[a=x\\ny]" },
	{ "a=;b=\"\"", "[a=][b=]" },
	{ "a=b=c", "[a=b=c]" },
	{ "a", "!" },
	{ "a;b=1", "![b=1]" },
	{ "=1;b=1", "![b=1]" },
	{ "a b=1", "!" },
	{ "a=\"x\" y;b=1", "![b=1]" },
	{ "a=\"x;b=1", "!" },
	{ "a=x\"y;z\"", "[a=x\"y;z\"]" },
	{ "a=\\", "[a=\\]" },
};

static void shim_param_next__each_text__as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const char *at = cases[i].text;
		struct shim_param param;
		enum shim_param_result result = SHIM_PARAM_END;
		char seen[256] = "";

		while ((result = shim_param_next(&at, &param)) != SHIM_PARAM_END) {
			size_t used = strlen(seen);

			if (result == SHIM_PARAM_BAD)
				(void)snprintf(seen + used, sizeof(seen) - used, "!");
			else
				(void)snprintf(seen + used, sizeof(seen) - used, "[%.*s=%.*s]",
					(int)param.name_size, param.name, (int)param.value_size,
					param.value);
		}
		T_ASSERT_ROW(cases[i].text, strcmp(seen, cases[i].expected) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_param_next__each_text__as_the_table_says),
	};

	return cmocka_run_group_tests_name("shim_param", tests, NULL, NULL);
}
