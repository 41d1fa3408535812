/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive_value.h"

#include <limits.h>
#include <string.h>

#include "tests/support/t.h"

/** A value as written, and what becomes of it. */
static const struct {
	enum directive_id id;
	const char *text;
	enum directive_value_use use;
	int number;
	const char *complaint;
} rows[] = {
	{ DIRECTIVE_ID_ENGINE, "On", DIRECTIVE_VALUE_AS_WRITTEN, 1, "" },
	{ DIRECTIVE_ID_ENGINE, "oFF", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
	{ DIRECTIVE_ID_ENGINE, "yes", DIRECTIVE_VALUE_OTHER, 0, "neither On nor Off, Off is used" },
	{ DIRECTIVE_ID_OUTPUT_BUFFERING, "", DIRECTIVE_VALUE_OTHER, 1,
		"neither On nor Off, On is used" },
	{ DIRECTIVE_ID_CHILDREN, "2", DIRECTIVE_VALUE_AS_WRITTEN, 2, "" },
	{ DIRECTIVE_ID_CHILDREN, "10000", DIRECTIVE_VALUE_AS_WRITTEN, 10000, "" },
	{ DIRECTIVE_ID_CHILDREN, "1", DIRECTIVE_VALUE_OTHER, 2,
		"not a number from 2 to 10000, 2 is used" },
	{ DIRECTIVE_ID_CHILDREN, "10001", DIRECTIVE_VALUE_OTHER, 10000,
		"not a number from 2 to 10000, 10000 is used" },
	{ DIRECTIVE_ID_CHILDREN, "99999999999999999999", DIRECTIVE_VALUE_OTHER, 10000,
		"not a number from 2 to 10000, 10000 is used" },
	{ DIRECTIVE_ID_CHILDREN, "-99999999999999999999", DIRECTIVE_VALUE_OTHER, 2,
		"not a number from 2 to 10000, 2 is used" },
	{ DIRECTIVE_ID_CHILDREN, "", DIRECTIVE_VALUE_OTHER, 120,
		"not a number from 2 to 10000, 120 is used" },
	{ DIRECTIVE_ID_CHILDREN, "5x", DIRECTIVE_VALUE_OTHER, 120,
		"not a number from 2 to 10000, 120 is used" },
	{ DIRECTIVE_ID_OOM_SCORE_ADJ, "-17", DIRECTIVE_VALUE_AS_WRITTEN, -17, "" },
	/* what lsapid would not take for a pool never gets there */
	{ DIRECTIVE_ID_INITIAL_START, "2147483647", DIRECTIVE_VALUE_OTHER, 2000000000,
		"not a number from 0 to 2000000000, 2000000000 is used" },
	{ DIRECTIVE_ID_INITIAL_START, "soon", DIRECTIVE_VALUE_OTHER, 15,
		"not a number from 0 to 2000000000, 15 is used" },
	{ DIRECTIVE_ID_TMPDIR, "/tmp", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
	{ DIRECTIVE_ID_TMPDIR, "tmp", DIRECTIVE_VALUE_IGNORED, 0,
		"not an absolute path, it is ignored" },
	{ DIRECTIVE_ID_TMPDIR, "", DIRECTIVE_VALUE_IGNORED, 0,
		"not an absolute path, it is ignored" },
	{ DIRECTIVE_ID_RESEND_IF_METHOD, "GET,M-SEARCH,version_control", DIRECTIVE_VALUE_AS_WRITTEN,
		0, "" },
	{ DIRECTIVE_ID_RESEND_IF_METHOD, "GET, POST", DIRECTIVE_VALUE_IGNORED, 0,
		"not METHOD[,METHOD...], it is ignored" },
	{ DIRECTIVE_ID_RESEND_IF_METHOD, "GET,", DIRECTIVE_VALUE_IGNORED, 0,
		"not METHOD[,METHOD...], it is ignored" },
	{ DIRECTIVE_ID_RESEND_IF_METHOD, "", DIRECTIVE_VALUE_IGNORED, 0,
		"not METHOD[,METHOD...], it is ignored" },
	{ DIRECTIVE_ID_HANDLER, "application/x-httpd-lsphp", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
	{ DIRECTIVE_ID_HANDLER, "application/x-httpd-alt-php74___lsphp", DIRECTIVE_VALUE_AS_WRITTEN,
		0, "" },
	{ DIRECTIVE_ID_HANDLER, "lsphp", DIRECTIVE_VALUE_IGNORED, 0,
		"not application/x-httpd-... with lsphp in it, it is ignored" },
	{ DIRECTIVE_ID_PHPRC, "docroot", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
	{ DIRECTIVE_ID_PHPRC, "/etc", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
	{ DIRECTIVE_ID_PHPRC, "Maybe", DIRECTIVE_VALUE_IGNORED, 0,
		"neither No, Env, Auto, DocRoot nor an absolute path, it is ignored" },
	/* the rules of an alias are those of what it stands for */
	{ DIRECTIVE_ID_POOL_SIZE, "50", DIRECTIVE_VALUE_AS_WRITTEN, 50, "" },
	{ DIRECTIVE_ID_SOCK_PATH, "here", DIRECTIVE_VALUE_IGNORED, 0,
		"not an absolute path, it is ignored" },
	{ DIRECTIVE_ID_RESET_CRIU_ON_RESTART, "on", DIRECTIVE_VALUE_AS_WRITTEN, 1, "" },
	{ DIRECTIVE_ID_PWD_DISABLED, "maybe", DIRECTIVE_VALUE_OTHER, 0,
		"neither On nor Off, Off is used" },
	{ DIRECTIVE_ID_PHP_VALUE, "anything", DIRECTIVE_VALUE_AS_WRITTEN, 0, "" },
};

static void of__each_row__use_and_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct directive *row = &directive_table[rows[i].id];
		const struct directive_value value = directive_value_of(row, rows[i].text);
		char why[DIRECTIVE_VALUE_MAX_TEXT];

		directive_value_complain(row, &value, why, sizeof(why));
		T_ASSERT_ROW(rows[i].text, value.use == rows[i].use);
		T_ASSERT_ROW(rows[i].text, value.number == rows[i].number);
		T_ASSERT_ROW(why, strcmp(why, rows[i].complaint) == 0);
	}
}

static void of__default_of_each_row__as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
		const struct directive *row = &directive_table[i];

		if (strcmp(row->value, "-") != 0)
			T_ASSERT_ROW(row->name, directive_value_of(row, row->value).use ==
							DIRECTIVE_VALUE_AS_WRITTEN);
	}
}

static void env_name__good_bad_reserved__told_apart(void **state)
{
	(void)state;
	assert_true(directive_value_is_env_name("_A9"));
	assert_false(directive_value_is_env_name(""));
	assert_false(directive_value_is_env_name("9A"));
	assert_false(directive_value_is_env_name("A-B"));
	assert_false(directive_value_is_env_name("A=B"));
	assert_true(directive_value_is_env_reserved("PATH"));
	assert_true(directive_value_is_env_reserved("HTTP_X"));
	assert_true(directive_value_is_env_reserved("LSAPI_CHILDREN"));
	assert_false(directive_value_is_env_reserved("PATHS"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of__each_row__use_and_number),
		cmocka_unit_test(of__default_of_each_row__as_written),
		cmocka_unit_test(env_name__good_bad_reserved__told_apart),
	};

	return cmocka_run_group_tests_name("directive_value", tests, NULL, NULL);
}
