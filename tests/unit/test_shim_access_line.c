/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_access_line.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

struct fixture {
	struct access_format format;
	struct shim_access_value value[ACCESS_FIELD_COUNT];
	char line[SHIM_ACCESS_LINE_SIZE + 1];
};

static const char *print(struct fixture *f, const char *format)
{
	assert_null(access_format_parse(format, &f->format));
	size_t size = shim_access_line(&f->format, f->value, f->line);

	assert_true(size <= SHIM_ACCESS_LINE_SIZE);
	assert_int_equal(f->line[size - 1], '\n');
	f->line[size] = '\0';
	return f->line;
}

static void line__values_of_each_kind__as_the_format_says(void **state)
{
	struct fixture f = { .value = {
				     [ACCESS_URI] = { .text = "/a" },
				     [ACCESS_QUERY] = { .text = "" },
				     [ACCESS_STATUS] = { .number = 200, .has_number = true },
				     [ACCESS_BYTES] = { .number = UINT64_MAX, .has_number = true },
			     } };

	(void)state;
	assert_string_equal(print(&f, "u=%{uri} 100%% %{status} %{bytes} %{pid} %{kind}%{query}."),
		"u=/a 100% 200 18446744073709551615 - --.\n");
	assert_string_equal(print(&f, "json"),
		"{\"time\":null,\"client\":null,\"vhost\":null,\"user\":null,\"method\":null,"
		"\"uri\":\"/a\",\"query\":\"\",\"script\":null,\"status\":200,"
		"\"bytes\":18446744073709551615,\"queue_us\":null,\"start_us\":null,\"kind\":null,"
		"\"first_us\":null,\"total_us\":null,\"cpu_us\":null,\"peak_bytes\":null,"
		"\"pid\":null,\"outcome\":null}\n");
}

static void line__bytes_of_strangers__escaped(void **state)
{
	static const struct {
		const char *text, *plain, *json;
	} rows[] = {
		{ "a\nb\r\t\x1b[1m", "a\\x0ab\\x0d\\x09\\x1b[1m",
			"a\\u000ab\\u000d\\u0009\\u001b[1m" },
		{ "\" x=\\", "\\x22\\x20x=\\x5c", "\\\" x=\\\\" },
		{ "\x7f", "\\x7f", "\\u007f" },
		{ "\xc3\xa4", "\\xc3\\xa4", "\xc3\xa4" },
		{ "\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80", "\xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "\\xc2\\x9b", "\\u009b" },                        /* C1 */
		{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\u200b" },               /* of no width */
		{ "\xc0\x8a", "\\xc0\\x8a", "\\ufffd\\ufffd" },                 /* overlong */
		{ "\xe4\xbd", "\\xe4\\xbd", "\\ufffd\\ufffd" },                 /* broken off */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ "\xff", "\\xff", "\\ufffd" },
	};
	struct fixture f = { .value = { [ACCESS_PID] = { .has_number = false } } };

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char expected[64] = "";

		f.value[ACCESS_URI].text = rows[i].text;
		(void)snprintf(expected, sizeof(expected), "%s\n", rows[i].plain);
		T_ASSERT_ROW(rows[i].plain, strcmp(print(&f, "%{uri}"), expected) == 0);
		(void)snprintf(expected, sizeof(expected), "\"uri\":\"%s\",", rows[i].json);
		T_ASSERT_ROW(rows[i].json, strstr(print(&f, "json"), expected) != NULL);
	}
}

/* The longest possible line of JSON is whole; a text one ends where it is full. */
static void line__longest_values__bounded_and_whole(void **state)
{
	static char lengthy[10000];
	struct fixture f = { .value = { [ACCESS_PID] = { .has_number = false } } };
	const char *end = "\"outcome\":\"\\u0001";

	(void)state;
	memset(lengthy, 1, sizeof(lengthy) - 1);
	for (size_t i = 0; i < ACCESS_FIELD_COUNT; i++)
		f.value[i] = (struct shim_access_value){
			.text = lengthy, .number = UINT64_MAX, .has_number = true
		};
	const char *line = print(&f, "json");

	assert_non_null(strstr(line, end));
	assert_string_equal(line + strlen(line) - 6, "...\"}\n");
	assert_non_null(strstr(line, "\\u0001...\",\"query\":"));
	line = print(&f, "%{uri}|%{uri}|%{uri}|%{uri}|%{uri}|%{uri}");
	assert_true(strlen(line) <= SHIM_ACCESS_LINE_SIZE);
	assert_non_null(strstr(line, "\\x01...|"));
}

static void line__text_that_just_fits__not_cut(void **state)
{
	char text[32 + 2];
	struct fixture f = { .value = { [ACCESS_METHOD] = { .text = text } } };

	(void)state;
	assert_int_equal(access_fields[ACCESS_METHOD].max, sizeof(text) - 2);
	memset(text, 'M', sizeof(text));
	text[sizeof(text) - 2] = '\0';
	assert_int_equal(strlen(print(&f, "%{method}")), access_fields[ACCESS_METHOD].max + 1);
	assert_null(strstr(f.line, "..."));
	memcpy(text + sizeof(text) - 2, "M", 2);
	assert_int_equal(strlen(print(&f, "%{method}")), access_fields[ACCESS_METHOD].max + 1);
	assert_non_null(strstr(f.line, "M...\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__values_of_each_kind__as_the_format_says),
		cmocka_unit_test(line__bytes_of_strangers__escaped),
		cmocka_unit_test(line__longest_values__bounded_and_whole),
		cmocka_unit_test(line__text_that_just_fits__not_cut),
	};

	return cmocka_run_group_tests_name("shim_access_line", tests, NULL, NULL);
}
