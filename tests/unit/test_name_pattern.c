/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/name_pattern.h"

#include <string.h>

#include "tests/support/t.h"

static void matches__rows__expected(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool is_match;
	} rows[] = {
		{ "*", "", true },
		{ "*", "a.test", true },
		{ "?", "", false },
		{ "a.test", "a.test", true },
		{ "A.TEST", "a.test", true },
		{ "a.tes", "a.test", false },
		{ "a.test", "a.tes", false },
		{ "*.example.com", "www.example.com", true },
		{ "*.example.com", "a.b.EXAMPLE.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "www.example.com.evil.org", false },
		{ "a*b*c", "aXbXbXc", true },
		{ "a*b*c", "aXbXbX", false },
		{ "?.test", "b.test", true },
		{ "?.test", ".test", false },
		{ "**a**", "a", true },
		{ "", "", true },
		{ "", "a", false },
		/* nothing but the two is special */
		{ "a.tes[t]", "a.test", false },
		{ "[a]*", "[a]b", true },
		{ "a\\*", "a\\b", true },
		{ "%s", "a", false },
		{ "*\xff", "a\xff", true },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].pattern,
			name_pattern_matches(rows[i].pattern, rows[i].name) == rows[i].is_match);
}

/* What takes fnmatch(3) longer than anybody waits. */
static void matches__hostile__ends_soon(void **state)
{
	char pattern[256], name[4097];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(name_pattern_matches(pattern, name));
	name[sizeof(name) - 2] = 'b';
	assert_true(name_pattern_matches(pattern, name));
}

static void is_one__texts__star_or_question_mark(void **state)
{
	(void)state;
	assert_true(name_pattern_is_one("*"));
	assert_true(name_pattern_is_one("a?"));
	assert_false(name_pattern_is_one("a.test"));
	assert_false(name_pattern_is_one("[a]"));
	assert_false(name_pattern_is_one(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches__rows__expected),
		cmocka_unit_test(matches__hostile__ends_soon),
		cmocka_unit_test(is_one__texts__star_or_question_mark),
	};

	return cmocka_run_group_tests_name("name_pattern", tests, NULL, NULL);
}
