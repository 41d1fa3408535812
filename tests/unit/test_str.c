/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/base/str.h"
#include "tests/support/t.h"

static void copy__table__cut_and_ended(void **state)
{
	static const struct {
		const char *src;
		size_t room;
		const char *expected;
		bool fits;
	} cases[] = {
		{ "", 1, "", true },
		{ "abc", 4, "abc", true },
		{ "abc", 3, "ab", false },
		{ "abc", 1, "", false },
	};
	char dst[8];

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		memset(dst, '#', sizeof(dst));
		T_ASSERT_ROW(
			cases[i].src, str_copy(dst, cases[i].room, cases[i].src) == cases[i].fits);
		T_ASSERT_ROW(cases[i].src, !strcmp(dst, cases[i].expected));
		T_ASSERT_ROW(cases[i].src, dst[cases[i].room] == '#');
	}
	memset(dst, '#', sizeof(dst));
	assert_false(str_copy(dst, 0, ""));
	assert_int_equal(dst[0], '#');
}

static void parse_uint__table__strict(void **state)
{
	static const struct {
		const char *text;
		uint64_t min;
		uint64_t max;
		bool is_ok;
		uint64_t expected;
	} cases[] = {
		{ "0", 0, 0, true, 0 },
		{ "42", 0, 100, true, 42 },
		{ "042", 0, 100, true, 42 },
		{ "2", 2, 2, true, 2 },
		{ "1", 2, 3, false, 0 },
		{ "4", 2, 3, false, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
		{ "184467440737095516150", 0, UINT64_MAX, false, 0 },
		{ "", 0, 9, false, 0 },
		{ "-1", 0, UINT64_MAX, false, 0 },
		{ "+1", 0, 9, false, 0 },
		{ " 1", 0, 9, false, 0 },
		{ "1 ", 0, 9, false, 0 },
		{ "1.0", 0, 9, false, 0 },
		{ "0x1", 0, 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		uint64_t value = 4711;
		bool is_ok = str_parse_uint(cases[i].text, cases[i].min, cases[i].max, &value);

		T_ASSERT_ROW(cases[i].text, is_ok == cases[i].is_ok);
		T_ASSERT_ROW(cases[i].text, value == (is_ok ? cases[i].expected : 4711));
	}
}

static void parse_int__table__as_told(void **state)
{
	static const struct {
		const char *text;
		int64_t min;
		int64_t max;
		bool is_ok;
		int64_t expected;
	} cases[] = {
		{ "0", 0, 0, true, 0 },
		{ "-20", -20, 19, true, -20 },
		{ "19", -20, 19, true, 19 },
		{ "-21", -20, 19, false, 0 },
		{ "20", -20, 19, false, 0 },
		{ "", -20, 19, false, 0 },
		{ "-", -20, 19, false, 0 },
		{ "--1", -20, 19, false, 0 },
		{ "- 1", -20, 19, false, 0 },
		{ "-1x", -20, 19, false, 0 },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		int64_t value = 4711;
		bool is_ok = str_parse_int(cases[i].text, cases[i].min, cases[i].max, &value);

		T_ASSERT_ROW(cases[i].text, is_ok == cases[i].is_ok);
		T_ASSERT_ROW(cases[i].text, value == (is_ok ? cases[i].expected : 4711));
	}
}

typedef bool (*parse_fn)(const char *text, uint64_t *ret_value);

struct unit_case {
	const char *text;
	bool is_ok;
	uint64_t expected;
};

static void check_units(parse_fn parse, const struct unit_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 4711;
		bool is_ok = parse(cases[i].text, &value);

		T_ASSERT_ROW(cases[i].text, is_ok == cases[i].is_ok);
		T_ASSERT_ROW(cases[i].text, value == (is_ok ? cases[i].expected : 4711));
	}
}

static void parse_duration__table__milliseconds(void **state)
{
	static const struct unit_case cases[] = {
		{ "0", true, 0 },
		{ "30", true, 30000 },
		{ "30s", true, 30000 },
		{ "500ms", true, 500 },
		{ "5m", true, 300000 },
		{ "2h", true, 7200000 },
		{ "1d", true, 86400000 },
		{ "18446744073709551615ms", true, UINT64_MAX },
		{ "18446744073709552s", false, 0 },
		{ "18446744073709551s", true, 18446744073709551000ULL },
		{ "213503982334602d", false, 0 },
		{ "s", false, 0 },
		{ "", false, 0 },
		{ "5 m", false, 0 },
		{ "5M", false, 0 },
		{ "5min", false, 0 },
		{ "1m30s", false, 0 },
		{ "-5s", false, 0 },
		{ "1.5s", false, 0 },
	};

	(void)state;
	check_units(str_parse_duration, cases, T_COUNT(cases));
}

static void parse_size__table__bytes(void **state)
{
	static const struct unit_case cases[] = {
		{ "65536", true, 65536 },
		{ "64K", true, 65536 },
		{ "16M", true, 16777216 },
		{ "2G", true, 2147483648ULL },
		{ "17179869183G", true, 17179869183ULL << 30 },
		{ "17179869184G", false, 0 },
		{ "1k", false, 0 },
		{ "1KB", false, 0 },
		{ "K", false, 0 },
		{ "1T", false, 0 },
		{ "1 K", false, 0 },
	};

	(void)state;
	check_units(str_parse_size, cases, T_COUNT(cases));
}

static void equal_const_time__any_difference__seen(void **state)
{
	uint8_t a[32];
	uint8_t b[32];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (uint8_t)(i * 7);
	assert_true(str_equal_const_time(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1U << bit);
			assert_false(str_equal_const_time(a, b, sizeof(a)));
			assert_true(str_equal_const_time(a, b, i));
			b[i] ^= (uint8_t)(1U << bit);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy__table__cut_and_ended),
		cmocka_unit_test(parse_uint__table__strict),
		cmocka_unit_test(parse_int__table__as_told),
		cmocka_unit_test(parse_duration__table__milliseconds),
		cmocka_unit_test(parse_size__table__bytes),
		cmocka_unit_test(equal_const_time__any_difference__seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
