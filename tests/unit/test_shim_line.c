/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_line.h"

#include <string.h>

#include "tests/support/t.h"

struct parse_case {
	const char *text;
	const char *name; /* NULL: refused */
	const char *value;
};

static const struct parse_case parse_cases[] = {
	{ "X-A: b", "X-A", "b" },
	{ "X-A:b", "X-A", "b" },
	{ "X-A: \t b c \t ", "X-A", "b c" },
	{ "X-A:", "X-A", "" },
	{ "X-A:  ", "X-A", "" },
	{ "Location: http://a/:b", "Location", "http://a/:b" },
	{ "X-A: \303\244", "X-A", "\303\244" },
	{ "", NULL, NULL },
	{ "no colon", NULL, NULL },
	{ ": value", NULL, NULL },
	{ "X A: b", NULL, NULL },
	{ "X-A : b", NULL, NULL },
	{ "X-A: b\r\nSet-Cookie: c", NULL, NULL },
	{ "X-A: b\nc", NULL, NULL },
	{ "X-A: \001", NULL, NULL },
	{ "X-A: \177", NULL, NULL },
};

static void shim_line_parse__each_line__name_and_value_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		struct shim_line line;
		bool is_parsed = shim_line_parse(c->text, strlen(c->text), &line);

		T_ASSERT_ROW(c->text, is_parsed == (c->name != NULL));
		if (!is_parsed)
			continue;
		T_ASSERT_ROW(c->text, line.name_size == strlen(c->name));
		T_ASSERT_ROW(c->text, memcmp(line.name, c->name, line.name_size) == 0);
		T_ASSERT_ROW(c->text, line.value_size == strlen(c->value));
		T_ASSERT_ROW(c->text, memcmp(line.value, c->value, line.value_size) == 0);
	}
}

static void shim_line_parse__nul_in_value__refused(void **state)
{
	static const char text[] = "X-A: b\0c";
	struct shim_line line;

	(void)state;
	assert_false(shim_line_parse(text, sizeof(text) - 1, &line));
}

struct kind_case {
	const char *text;
	enum shim_line_kind kind;
};

static const struct kind_case kind_cases[] = {
	{ "Status: 404", SHIM_LINE_STATUS },
	{ "status: 403", SHIM_LINE_STATUS },
	{ "CONTENT-TYPE: a/b", SHIM_LINE_CONTENT_TYPE },
	{ "Content-type: a/b", SHIM_LINE_CONTENT_TYPE },
	{ "Set-Cookie: a=b", SHIM_LINE_SET_COOKIE },
	{ "Set-Cookie2: a=b", SHIM_LINE_PLAIN },
	{ "Transfer-Encoding: chunked", SHIM_LINE_HOP },
	{ "X-Status: 1", SHIM_LINE_PLAIN },
};

static void shim_line_get_kind__any_case__found(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(kind_cases); i++) {
		struct shim_line line;

		assert_true(shim_line_parse(kind_cases[i].text, strlen(kind_cases[i].text), &line));
		T_ASSERT_ROW(kind_cases[i].text, shim_line_get_kind(&line) == kind_cases[i].kind);
	}
}

struct status_case {
	const char *text;
	unsigned status;
};

static const struct status_case status_cases[] = {
	{ "Status: 404 Not Found", 404 },
	{ "Status: 200", 200 },
	{ "Status: 999 x", 999 },
	{ "Status: 100 Continue", 0 },
	{ "Status: 20", 0 },
	{ "Status: 2000", 0 },
	{ "Status: 200x", 0 },
	{ "Status: abc", 0 },
	{ "Status:", 0 },
};

static void shim_line_get_status__each_text__number_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(status_cases); i++) {
		const struct status_case *c = &status_cases[i];
		struct shim_line line;

		assert_true(shim_line_parse(c->text, strlen(c->text), &line));
		T_ASSERT_ROW(c->text, shim_line_get_status(&line) == c->status);
	}
}

static void shim_line_get_severity__first_words__warning_or_error(void **state)
{
	(void)state;
	assert_int_equal(shim_line_get_severity("PHP Warning:  x", 15), SHIM_SEVERITY_WARNING);
	assert_int_equal(shim_line_get_severity("PHP Deprecated:  x", 18), SHIM_SEVERITY_WARNING);
	assert_int_equal(shim_line_get_severity("PHP Fatal error:  x", 19), SHIM_SEVERITY_ERROR);
	assert_int_equal(shim_line_get_severity("PHP Warn", 8), SHIM_SEVERITY_ERROR);
	assert_int_equal(shim_line_get_severity("", 0), SHIM_SEVERITY_ERROR);
}

static void shim_line_is_request_hop__each_name__any_case(void **state)
{
	(void)state;
	assert_true(shim_line_is_request_hop("proxy"));
	assert_true(shim_line_is_request_hop("Transfer-Encoding"));
	assert_false(shim_line_is_request_hop("TE"));
	assert_false(shim_line_is_request_hop("Connection"));
	assert_false(shim_line_is_request_hop("Proxy-Authorization"));
	assert_false(shim_line_is_request_hop("Authorization"));
	assert_false(shim_line_is_request_hop("X-Proxy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_line_parse__each_line__name_and_value_or_refused),
		cmocka_unit_test(shim_line_parse__nul_in_value__refused),
		cmocka_unit_test(shim_line_get_kind__any_case__found),
		cmocka_unit_test(shim_line_get_status__each_text__number_or_none),
		cmocka_unit_test(shim_line_get_severity__first_words__warning_or_error),
		cmocka_unit_test(shim_line_is_request_hop__each_name__any_case),
	};

	return cmocka_run_group_tests_name("shim_line", tests, NULL, NULL);
}
