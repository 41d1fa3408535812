/* SPDX-License-Identifier: Apache-2.0 */

/* What pool_spec_get_uint() and pool_spec_get_int() take for a number. */

#include <stdio.h>

#include "proto/pool_spec.h"
#include "tests/support/t.h"

static struct pool_spec one_entry(const char *key, const char *value)
{
	static char text[256];
	struct pool_spec spec;
	int size = snprintf(text, sizeof(text), "%s=%s", key, value);

	assert_in_range(size, 1, sizeof(text) - 1);
	assert_int_equal(pool_spec_parse(text, (size_t)size + 1, &spec), 0);
	return spec;
}

static void get_uint__table__as_told(void **state)
{
	static const struct {
		const char *value;
		uint64_t min;
		uint64_t max;
		int error;
		uint64_t expected;
	} cases[] = {
		{ "0", 0, 0, 0, 0 },
		{ "1001", 1, 10000, 0, 1001 },
		{ "1", 1, 1, 0, 1 },
		{ "0", 1, 2, 2, 0 },
		{ "3", 1, 2, 2, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, 2, 0 },
		{ "99999999999999999999", 0, UINT64_MAX, 2, 0 },
		{ "", 0, UINT64_MAX, 2, 0 },
		{ "01", 0, UINT64_MAX, 2, 0 },
		{ "00", 0, UINT64_MAX, 2, 0 },
		{ "-1", 0, UINT64_MAX, 2, 0 },
		{ "+1", 0, UINT64_MAX, 2, 0 },
		{ " 1", 0, UINT64_MAX, 2, 0 },
		{ "1 ", 0, UINT64_MAX, 2, 0 },
		{ "1x", 0, UINT64_MAX, 2, 0 },
		{ "0x1", 0, UINT64_MAX, 2, 0 },
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		uint64_t value = 4711;
		struct pool_spec spec;
		int r;

		spec = one_entry("uid", cases[i].value);
		r = pool_spec_get_uint(&spec, "uid", cases[i].min, cases[i].max, &value);
		T_ASSERT_ROW(cases[i].value, r == cases[i].error);
		T_ASSERT_ROW(cases[i].value, value == (r ? 4711 : cases[i].expected));
		assert_int_equal(pool_spec_get_uint(&spec, "gid", 0, 9, &value), 1);
	}
}

static void get_int__table__as_told(void **state)
{
	static const struct {
		const char *value;
		int64_t min;
		int64_t max;
		int error;
		int64_t expected;
	} cases[] = {
		{ "0", -20, 19, 0, 0 },
		{ "-20", -20, 19, 0, -20 },
		{ "19", -20, 19, 0, 19 },
		{ "-21", -20, 19, 2, 0 },
		{ "20", -20, 19, 2, 0 },
		{ "-0", -20, 19, 2, 0 },
		{ "-", -20, 19, 2, 0 },
		{ "--1", -20, 19, 2, 0 },
		{ "-01", -20, 19, 2, 0 },
		{ "", -20, 19, 2, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, 2, 0 },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, 2, 0 },
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		int64_t value = 4711;
		struct pool_spec spec;
		int r;

		spec = one_entry("nice", cases[i].value);
		r = pool_spec_get_int(&spec, "nice", cases[i].min, cases[i].max, &value);
		T_ASSERT_ROW(cases[i].value, r == cases[i].error);
		T_ASSERT_ROW(cases[i].value, value == (r ? 4711 : cases[i].expected));
		assert_int_equal(pool_spec_get_int(&spec, "gid", 0, 9, &value), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_uint__table__as_told),
		cmocka_unit_test(get_int__table__as_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
