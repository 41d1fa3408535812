/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_target.h"

#include <string.h>
#include <time.h>

#include "tests/support/t.h"

static void match_pattern__rows__expected(void **state)
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
		T_ASSERT_ROW(rows[i].pattern, steer_target_match_pattern(rows[i].pattern,
						      rows[i].name) == rows[i].is_match);
}

/* What takes fnmatch(3) longer than anybody waits. */
static void match_pattern__hostile__ends_soon(void **state)
{
	char pattern[256], name[4097];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(steer_target_match_pattern(pattern, name));
	name[sizeof(name) - 2] = 'b';
	assert_true(steer_target_match_pattern(pattern, name));
}

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

static void is_pattern__texts__star_or_question_mark(void **state)
{
	(void)state;
	assert_true(steer_target_is_pattern("*"));
	assert_true(steer_target_is_pattern("a?"));
	assert_false(steer_target_is_pattern("a.test"));
	assert_false(steer_target_is_pattern("[a]"));
	assert_false(steer_target_is_pattern(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(match_pattern__rows__expected),
		cmocka_unit_test(match_pattern__hostile__ends_soon),
		cmocka_unit_test(matches__kinds__only_who_is_meant),
		cmocka_unit_test(is_pattern__texts__star_or_question_mark),
	};

	return cmocka_run_group_tests_name("steer_target", tests, NULL, NULL);
}
