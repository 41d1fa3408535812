/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive_words.h"

#include <string.h>

#include "tests/support/t.h"

static void complain__each_row__reason_or_none(void **state)
{
	static const struct {
		enum directive_id id;
		const char *word[2];
		const char *reason; /* a part of it; NULL: none */
	} rows[] = {
		{ DIRECTIVE_ID_SET_ENV, { "A_1", "x" }, NULL },
		{ DIRECTIVE_ID_SET_ENV, { "A", NULL }, NULL },
		{ DIRECTIVE_ID_SET_ENV, { "1A", "x" }, "no name of a variable" },
		{ DIRECTIVE_ID_SET_ENV, { "PATH", "x" }, "use lsapi_set_env_path" },
		{ DIRECTIVE_ID_SET_ENV, { "LSAPI_X", "x" }, "are ignored" },
		{ DIRECTIVE_ID_ERROR_CODE, { "backend_connect", "400" }, NULL },
		{ DIRECTIVE_ID_ERROR_CODE, { "CLIENT_SETUP", "599" }, NULL },
		{ DIRECTIVE_ID_ERROR_CODE, { "CLIENT_SETUP", "399" }, "from 400 to 599" },
		{ DIRECTIVE_ID_ERROR_CODE, { "CLIENT_SETUP", "600" }, "from 400 to 599" },
		{ DIRECTIVE_ID_ERROR_CODE, { "CLIENT_SETUP", "5xx" }, "from 400 to 599" },
		{ DIRECTIVE_ID_ERROR_CODE, { "NONE", "500" }, "no class of failures" },
		{ DIRECTIVE_ID_XSENDFILE_PATH, { "/srv", NULL }, NULL },
		{ DIRECTIVE_ID_XSENDFILE_PATH, { "srv", NULL }, "not an absolute path" },
		{ DIRECTIVE_ID_XSENDFILE_PATH, { "//", NULL }, "all of the host" },
		{ DIRECTIVE_ID_ACCESS_LOG, { "logs/php", NULL }, NULL },
		{ DIRECTIVE_ID_ACCESS_LOG, { "logs/php", "json" }, NULL },
		{ DIRECTIVE_ID_ACCESS_LOG, { "logs/php", "%{pod}" }, "no format of a log" },
		{ DIRECTIVE_ID_PHP_VALUE, { "a", "b" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct directive *row = &directive_table[rows[i].id];
		char why[256];
		bool has = directive_words_complain(
			row, rows[i].word, rows[i].word[1] ? 2 : 1, why, sizeof(why));

		T_ASSERT_ROW(rows[i].word[0], has == (rows[i].reason != NULL));
		T_ASSERT_ROW(why, !has || strstr(why, rows[i].reason));
		T_ASSERT_ROW(why, has || !*why);
	}
}

static void id__numbers_and_others__told_apart(void **state)
{
	uint32_t id = 7;

	(void)state;
	assert_true(directive_words_id("0", &id) && id == 0);
	assert_true(directive_words_id("4294967294", &id) && id == 4294967294U);
	assert_false(directive_words_id("4294967295", &id));
	assert_false(directive_words_id("99999999999999999999", &id));
	assert_false(directive_words_id("-1", &id));
	assert_false(directive_words_id(" 1", &id));
	assert_false(directive_words_id("1x", &id));
	assert_false(directive_words_id("", &id));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(complain__each_row__reason_or_none),
		cmocka_unit_test(id__numbers_and_others__told_apart),
	};

	return cmocka_run_group_tests_name("directive_words", tests, NULL, NULL);
}
