/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/printable.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

static void copy__each_row__what_can_be_shown(void **state)
{
	static const struct {
		const char *text;
		const char *shown;
	} rows[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "a\tb\nc\x1b[2Jd\x7f", "a?b?c?[2Jd?" },
		{ "m\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x98\x80",
			"m\xc3\xbcnchen \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc2\x9b"
		  "2J",
			"??2J" },               /* a control of eight bits */
		{ "\xc0\xaf", "??" },           /* overlong */
		{ "\xe0\x80\xaf", "???" },      /* overlong */
		{ "\xed\xa0\x80", "???" },      /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond U+10FFFF */
		{ "\xf8\x88\x80\x80\x80", "?????" },
		{ "\xc3", "?" }, /* cut off */
		{ "\xe2\x82", "??" },
		{ "\xff\xfe", "??" },
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tested */
		{ "a\xe2\x80\xae"
		  "b\xe2\x81\xa6"
		  "c\xef\xbb\xbf\xe2\x80\x8b",
			"a???b???c??????" }, /* turn the writing, or show nothing */
		{ "\xe2\x80\xa6\xe2\x80\xaf", "\xe2\x80\xa6\xe2\x80\xaf" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		printable_copy(out, sizeof(out), rows[i].text);
		T_ASSERT_ROW(out, strcmp(out, rows[i].shown) == 0);
		(void)snprintf(out, sizeof(out), "%s", rows[i].text);
		printable_clean(out);
		T_ASSERT_ROW(out, strcmp(out, rows[i].shown) == 0);
	}
}

static void copy__no_room__ends_in_dots_between_characters(void **state)
{
	char out[8];

	(void)state;
	printable_copy(out, sizeof(out), "1234567");
	assert_string_equal(out, "1234567");
	printable_copy(out, sizeof(out), "12345678");
	assert_string_equal(out, "1234...");
	printable_copy(out, sizeof(out),
		"123\xe2\x82\xac"
		"45");
	assert_string_equal(out, "123...");
	printable_copy(out, 4, "12345");
	assert_string_equal(out, "...");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy__each_row__what_can_be_shown),
		cmocka_unit_test(copy__no_room__ends_in_dots_between_characters),
	};

	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
