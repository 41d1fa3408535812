/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/access_format.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

static void parse__each_format__parts_or_reason(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		bool needs_usage;
		const char *reason; /* a part of it; NULL: none */
	} rows[] = {
		{ "%{time}", 1, false, NULL },
		{ "a%{pid}b%%%{cpu_us}", 5, true, NULL },
		{ "%{peak_bytes}", 1, true, NULL },
		{ ACCESS_FORMAT_DEFAULT, 33, true, NULL },
		{ "JSON", 0, true, NULL },
		{ "plain", 1, false, NULL },
		{ "", 0, false, "empty" },
		{ "%", 0, false, "{name}" },
		{ "%h", 0, false, "{name}" },
		{ "%{time", 0, false, "{name}" },
		{ "x %{}", 0, false, "is none" },
		{ "%{Time}", 0, false, "is none" },
		{ "%{timex}", 0, false, "is none" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct access_format f;
		const char *why = access_format_parse(rows[i].text, &f);

		T_ASSERT_ROW(rows[i].text, !why == !rows[i].reason);
		T_ASSERT_ROW(rows[i].text, !why || strstr(why, rows[i].reason));
		T_ASSERT_ROW(rows[i].text, why || f.count == rows[i].count);
		T_ASSERT_ROW(
			rows[i].text, why || access_format_needs_usage(&f) == rows[i].needs_usage);
	}
}

static void parse__more_parts_than_there_is_room_for__refused(void **state)
{
	char text[4 * ACCESS_PIECES_MAX + 4];
	struct access_format f;
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < ACCESS_PIECES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%%%%");
	assert_null(access_format_parse(text, &f));
	(void)snprintf(text + used, sizeof(text) - used, "%%%%");
	assert_non_null(strstr(access_format_parse(text, &f), "too many"));
}

static void fields__all__have_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACCESS_FIELD_COUNT; i++)
		assert_non_null(access_fields[i].name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__each_format__parts_or_reason),
		cmocka_unit_test(parse__more_parts_than_there_is_room_for__refused),
		cmocka_unit_test(fields__all__have_a_name),
	};

	return cmocka_run_group_tests_name("access_format", tests, NULL, NULL);
}
