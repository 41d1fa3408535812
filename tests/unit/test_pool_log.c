/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_log.h"

#include <string.h>

#include "daemon/manager/stderr_pipe.h"
#include "tests/support/t.h"

#define TIME_SIZE 24U /* 2026-01-31T12:00:00.000Z */

static void format__rows__name_pid_and_text(void **state)
{
	static const struct {
		const char *name;
		int32_t pid;
		const char *text;
		const char *expected;
	} rows[] = {
		{ "www.example.org", 4711, "PHP Warning: \"x\"",
			" www.example.org[4711]: PHP Warning: \"x\"\n" },
		{ "-", 1, "", " -[1]: \n" },
		/* whoever names a site or writes a line begins no line of his own */
		{ "a\nb", 2147483647, "c\r\x1b[2J", " a\\nb[2147483647]: c\\r\\x1b[2J\n" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char line[512];
		size_t size = pool_log_format(line, sizeof(line), rows[i].name, rows[i].pid,
			rows[i].text, strlen(rows[i].text));

		T_ASSERT_ROW(rows[i].expected, size == TIME_SIZE + strlen(rows[i].expected));
		T_ASSERT_ROW(rows[i].expected,
			memcmp(line + TIME_SIZE, rows[i].expected, size - TIME_SIZE) == 0);
		T_ASSERT_ROW(rows[i].expected, line[TIME_SIZE - 1] == 'Z');
	}
}

/* The longest name, and text of nothing but escapes: all of it is there, in a line with an end. */
static void format__longest__whole_with_its_end(void **state)
{
	char line[4 * STDERR_LINE_MAX + 512];
	char name[1000], text[STDERR_LINE_MAX];
	size_t size;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(text, 1, sizeof(text));
	size = pool_log_format(line, sizeof(line), name, INT32_MIN, text, sizeof(text));
	assert_true(size < sizeof(line));
	assert_memory_equal(line + size - 9, "\\x01\\x01\n", 9);
	assert_int_equal(memchr(line, '\n', size) == line + size - 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format__rows__name_pid_and_text),
		cmocka_unit_test(format__longest__whole_with_its_end),
	};

	return cmocka_run_group_tests_name("pool_log", tests, NULL, NULL);
}
