/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/conflict.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

static const struct {
	const char *text;
	enum conflict_kind kind; /* where PHP's files are ours */
	unsigned line;
	const char *after;
} rows[] = {
	{ "LoadModule mime_module x\nLoadModule lsapi_module y\n", CONFLICT_NONE, 0, NULL },
	{ "LoadModule ruid2_module x\nRMode config\n", CONFLICT_MODULE, 1,
		"#lsapid# LoadModule ruid2_module x\nRMode config\n" },
	{ "#\n loadmodule \\\n  mpm_itk_module x\n", CONFLICT_MODULE, 3,
		"#\n#lsapid#  loadmodule \\\n#lsapid#   mpm_itk_module x\n" },
	{ "# LoadModule php_module x\nLoadModule php7_module x", CONFLICT_PHP, 2,
		"# LoadModule php_module x\n#lsapid# LoadModule php7_module x" },
	{ "<FilesMatch \".+\\.ph(?:ar|p)$\">\nSetHandler application/x-httpd-php\n</FilesMatch>\n",
		CONFLICT_HANDLER, 2,
		"<FilesMatch \".+\\.ph(?:ar|p)$\">\n#lsapid# SetHandler application/x-httpd-php\n"
		"</FilesMatch>\n" },
	{ "AddHandler application/x-httpd-php5 .php\n", CONFLICT_HANDLER, 1,
		"#lsapid# AddHandler application/x-httpd-php5 .php\n" },
	{ "AddHandler application/x-httpd-php-source .phps\n", CONFLICT_NONE, 0, NULL },
	{ "AddHandler application/x-httpd-ea-php74 .php\n", CONFLICT_NONE, 0, NULL },
	{ "AddType application/x-httpd-lsphp .php\n", CONFLICT_NONE, 0, NULL },
	{ "<FilesMatch \\.php$>\n<If \"1\">\nSetHandler \"proxy:unix:/s|fcgi://l\"\n</If>\n</FilesMatch>\n",
		CONFLICT_HANDLER, 3,
		"<FilesMatch \\.php$>\n<If \"1\">\n#lsapid# SetHandler \"proxy:unix:/s|fcgi://l\"\n"
		"</If>\n</FilesMatch>\n" },
	{ "<Files *.fcgi>\nSetHandler \"proxy:fcgi://l\"\n</Files>\n", CONFLICT_NONE, 0, NULL },
	{ "<Files *.php>\n</Files>\nSetHandler \"proxy:fcgi://l\"\n", CONFLICT_NONE, 0, NULL },
	{ "ProxyPassMatch ^/(.*\\.php)$ fcgi://localhost:9000/srv/$1\n", CONFLICT_HANDLER, 1,
		"#lsapid# ProxyPassMatch ^/(.*\\.php)$ fcgi://localhost:9000/srv/$1\n" },
	{ "LoadModule\nSetHandler\nAddHandler\n", CONFLICT_NONE, 0, NULL },
	{ "", CONFLICT_NONE, 0, NULL },
};

static void find__each_row__kind_and_line(void **state)
{
	struct conflict c;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		assert_int_equal(conflict_find(rows[i].text, strlen(rows[i].text), true, &c), 0);
		T_ASSERT_ROW(rows[i].text, c.kind == rows[i].kind);
		T_ASSERT_ROW(rows[i].text, !c.kind || c.line == rows[i].line);
		/* where the panel gives each site a handler */
		assert_int_equal(conflict_find(rows[i].text, strlen(rows[i].text), false, &c), 0);
		T_ASSERT_ROW(
			rows[i].text, c.kind == (rows[i].kind == CONFLICT_MODULE ? CONFLICT_MODULE
										 : CONFLICT_NONE));
	}
}

static void switch_off__each_row__those_lines_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char *out = conflict_switch_off(rows[i].text, true);
		char *again = conflict_switch_off(out, true);

		T_ASSERT_ROW(out, strcmp(out, rows[i].after ? rows[i].after : rows[i].text) == 0);
		T_ASSERT_ROW(again, strcmp(again, out) == 0);
		free(again);
		free(out);
	}
}

static void switch_off__several__all(void **state)
{
	char *out = conflict_switch_off(
		"LoadModule php_module a\nx y\nLoadModule ruid2_module b\n", true);

	(void)state;
	assert_string_equal(out, "#lsapid# LoadModule php_module a\nx y\n"
				 "#lsapid# LoadModule ruid2_module b\n");
	free(out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__each_row__kind_and_line),
		cmocka_unit_test(switch_off__each_row__those_lines_and_no_others),
		cmocka_unit_test(switch_off__several__all),
	};

	return cmocka_run_group_tests_name("conflict", tests, NULL, NULL);
}
