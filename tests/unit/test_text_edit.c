/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/text_edit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

static const struct {
	enum text_edit_style style;
	const char *text;
	const char *key;
	const char *value;
	const char *after;
} rows[] = {
	{ TEXT_EDIT_SHELL, "#x\nphp1_mode=php-fpm\nphp2_mode=php-fpm\n", "php1_mode", "lsphp",
		"#x\nphp1_mode=lsphp\nphp2_mode=php-fpm\n" },
	{ TEXT_EDIT_SHELL, "php1_mode=lsphp\r\n", "php1_mode", "lsphp", "php1_mode=lsphp\r\n" },
	{ TEXT_EDIT_SHELL, "php1_mode=a\r\nx=1", "php1_mode", "lsphp", "php1_mode=lsphp\r\nx=1" },
	{ TEXT_EDIT_SHELL, "a=1", "b", "2", "a=1\nb=2\n" },
	{ TEXT_EDIT_SHELL, "", "b", "2", "b=2\n" },
	{ TEXT_EDIT_SHELL, "#b=1\n b=1\nab=1\nbb=1\n", "b", "2", "#b=1\n b=1\nab=1\nbb=1\nb=2\n" },
	{ TEXT_EDIT_SHELL, "b=\n", "b", "2", "b=2\n" },
	{ TEXT_EDIT_SHELL, "b=1\nb=2\n", "b", "3", "b=1\nb=3\n" },
	{ TEXT_EDIT_YAML, "---\ndefault: ea-php81\nea-php74: cgi\n", "ea-php74", "lsapi",
		"---\ndefault: ea-php81\nea-php74: lsapi\n" },
	{ TEXT_EDIT_YAML, "ea-php74: 'cgi'  \nea-php7: x\n", "ea-php74", "lsapi",
		"ea-php74: 'lsapi'  \nea-php7: x\n" },
	{ TEXT_EDIT_YAML, "ea-php74: \"lsapi\"\n", "ea-php74", "lsapi", "ea-php74: \"lsapi\"\n" },
	{ TEXT_EDIT_CONFUSE, "#handler_map = \"\"\nx = 1\n", "handler_map", "/m",
		"handler_map = \"/m\"\nx = 1\n" },
	{ TEXT_EDIT_CONFUSE, "#handler_map = \"\"\nhandler_map = \"/n\"\n", "handler_map", "/m",
		"#handler_map = \"\"\nhandler_map = \"/m\"\n" },
	{ TEXT_EDIT_CONFUSE, "handler_map=\"\"\n", "handler_map", "/m", "handler_map=\"/m\"\n" },
	{ TEXT_EDIT_CONFUSE, "# handler_map is = a word\n", "handler_map", "/m",
		"# handler_map is = a word\nhandler_map = \"/m\"\n" },
};

static void set__each_row__that_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char *once = text_edit_set(rows[i].text, rows[i].style, rows[i].key, rows[i].value);
		char *value = text_edit_get(once, rows[i].style, rows[i].key);
		char *twice = text_edit_set(once, rows[i].style, rows[i].key, rows[i].value);

		T_ASSERT_ROW(once, strcmp(once, rows[i].after) == 0);
		T_ASSERT_ROW(once, strcmp(value, rows[i].value) == 0);
		T_ASSERT_ROW(once, strcmp(twice, once) == 0);
		free(twice);
		free(value);
		free(once);
	}
}

static void get__no_such_key__nothing(void **state)
{
	(void)state;
	assert_null(text_edit_get("a=1\n#b = \"2\"\n", TEXT_EDIT_CONFUSE, "b"));
	assert_null(text_edit_get("ab: 1\n", TEXT_EDIT_YAML, "a"));
	assert_null(text_edit_get("", TEXT_EDIT_SHELL, "a"));
}

static void next_key__a_text__each_key_that_fits(void **state)
{
	static const char text[] = "---\ndefault: x\n# a: b\nea-php74: cgi\nmuch-too-long: 1\nno\n";
	unsigned long at = 0;
	char key[10];

	(void)state;
	assert_true(text_edit_next_key(text, TEXT_EDIT_YAML, &at, key, sizeof(key)));
	assert_string_equal(key, "default");
	assert_true(text_edit_next_key(text, TEXT_EDIT_YAML, &at, key, sizeof(key)));
	assert_string_equal(key, "ea-php74");
	assert_false(text_edit_next_key(text, TEXT_EDIT_YAML, &at, key, sizeof(key)));
}

static void check_append(const char *text, const char *lines, const char *after)
{
	char *out = text_edit_append(text, lines);

	assert_string_equal(out, after);
	free(out);
}

static void append__once__at_the_end_of_a_line(void **state)
{
	(void)state;
	check_append("", "a b\n", "a b\n");
	check_append("x", "a b\n", "x\na b\n");
	check_append("x\n", "a b\n", "x\na b\n");
	check_append("x\na b\ny\n", "a b\n", "x\na b\ny\n");
	check_append("xa b\n", "a b\n", "xa b\na b\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(set__each_row__that_and_nothing_else),
		cmocka_unit_test(get__no_such_key__nothing),
		cmocka_unit_test(next_key__a_text__each_key_that_fits),
		cmocka_unit_test(append__once__at_the_end_of_a_line),
	};

	return cmocka_run_group_tests_name("text_edit", tests, NULL, NULL);
}
