/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/directive.h"
#include "tests/support/t.h"

/** A text, and its findings: "line:result" each, in order. */
struct row {
	const char *text;
	const char *findings;
};

static void join(const struct import *im, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < im->finding_count; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%u:%s", i ? " " : "",
			im->finding[i].line, import_result_name(im->finding[i].result));
}

static void check(const struct row *row, bool is_htaccess)
{
	struct import *im = import_new();
	char found[512];

	assert_non_null(im);
	import_text(im, "a.conf", is_htaccess, row->text, strlen(row->text));
	join(im, found, sizeof(found));
	if (strcmp(found, row->findings) != 0)
		print_error("%s: %s instead of %s\n", row->text, found, row->findings);
	T_ASSERT_ROW(row->text, strcmp(found, row->findings) == 0);
	assert_int_equal(im->depth, 0);
	(void)import_free(im);
}

static void text__lines_of_ours__as_the_module_takes_them(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "ServerTokens Prod\n# lsapi_engine On\n", "" },
		{ "LSAPI_Engine oN\n", "1:works" },
		{ "lsapi_engine 1\n", "1:value" },
		{ "lsapi_engine\n", "1:syntax" },
		{ "lsapi_engine \"\"\n", "1:syntax" },
		{ "lsapi_engine On Off\n", "1:syntax" },
		{ "lsapi_backend_children 1\nlsapi_backend_children 20\n", "1:value 2:works" },
		{ "lsapi_backend_children ${N}\n", "1:note" },
		{ "lsapi_avoid_zombies On\nlsapi_sentry On\n", "1:no need 2:no effect" },
		{ "lsapi_avoid_zombies x\n", "1:value" },
		{ "lsapi_tmpdir tmp\n", "1:value" },
		{ "lsapi_criu On\nlsapi_criu_imgs_dir_path images\nlsapi_criu_use_shm Signals\n",
			"1:works 2:value 3:no need" },
		{ "<VirtualHost *>\nlsapi_criu_debug On\nlsapi_reset_criu_on_restart On\n"
		  "</VirtualHost>\nlsapi_reset_criu_on_apache_restart On\n",
			"2:works 3:context 1:note 5:works" },
		{ "lsapi_set_env A\nlsapi_set_env A b\nlsapi_set_env PATH b\nlsapi_set_env A-B c",
			"1:works 2:works 3:value 4:value" },
		{ "lsapi_set_env A b c\n", "1:syntax" },
		{ "LSAPIPath /home/%u/\nLSAPIPath ^/h/([a-z]+)/\nLSAPIPath /home\n"
		  "LSAPIPath %u\nLSAPIPath /%u/%u/\n",
			"1:works 2:works 3:to do 4:to do 5:to do" },
		{ "lsapi_xsendfile_path /a\nlsapi_xsendfile_path //\nlsapi_xsendfile_path a\n",
			"1:works 2:value 3:value" },
		{ "lsapi_error_code BACKEND_CONNECT 502\nlsapi_error_code NO_SUCH 502\n"
		  "lsapi_error_code BACKEND_CONNECT 600\n",
			"1:works 2:value 3:value" },
		{ "php_value a b\nphp_value a\n", "1:works 2:syntax" },
		{ "lsapi_engin On\nphp_valu a b\nlsapisomething\n",
			"1:unknown 2:unknown 3:unknown" },
		/* where they stand */
		{ "<VirtualHost *>\nSuExecUserGroup a b\nlsapi_daemon_key /x\n</VirtualHost>\n",
			"2:works 3:context" },
		{ "<Directory />\nlsapi_per_user On\nphp_admin_value a b\n</Directory>\n",
			"2:context 3:works" },
		{ "<VirtualHost *>\n<Location />\nlsapi_user_group a b\n</Location>\n</VirtualHost>\n",
			"3:works" },
		{ "<Directory />\nlsapi_backend_coredump On\n</Directory>\n"
		  "lsapi_backend_coredump On\n",
			"2:context 4:works" },
		{ "<IfDefine A>\nlsapi_per_user On\n</IfDefine>\n", "2:works" },
		{ "<IfModule lsapi_module>\nlsapi_engine On\n</IfModule>\n", "2:works" },
		{ "<IfModule !lsapi_module>\nlsapi_nonsense\n<IfModule x>\nphp_x\n</IfModule>\n"
		  "</IfModule>\nlsapi_engine On\n",
			"7:works" },
		{ "<IfModule mod_php7.c>\nphp_value a b\n</IfModule>\nphp_value a b\n",
			"2:note 4:works" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		check(&rows[i], false);
}

static void text__htaccess__context_counts(void **state)
{
	static const struct row rows[] = {
		{ "php_value a b\nlsapi_engine Off\n", "1:works 2:works" },
		{ "php_admin_value a b\nlsapi_user_group a b\nlsapi_per_user On\n",
			"1:context 2:context 3:context" },
		{ "<Files x.php>\nphp_flag a on\nlsapi_per_user On\n</Files>\n",
			"2:works 3:context" },
		{ "<IfModule mod_php5.c>\nphp_flag a on\n</IfModule>\n", "2:note" },
		{ "lsapi_backend_coredump On\n", "1:no effect" },
		{ "<Directory />\n</Directory>\n", "1:context" },
		{ "AddHandler application/x-httpd-alt-php74___lsphp .php\n", "1:to do" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		check(&rows[i], true);
}

static void text__httpd_and_other_modules__what_to_do(void **state)
{
	static const struct row rows[] = {
		{ "LoadModule lsapi_module modules/mod_lsapi.so\n", "1:to do" },
		{ "LoadModule lsapi_module /usr/lib/apache2/modules/mod_lsapi.so\n", "1:works" },
		{ "LoadModule ruid2_module m.so\nLoadModule mpm_itk_module m.so\n"
		  "LoadModule php7_module m.so\nLoadModule php_module m.so\nLoadModule dir_module m\n"
		  "LoadModule suexec_module m\n",
			"1:to do 2:to do 3:to do 4:to do" },
		{ "AddType application/x-httpd-lsphp .php\nAddType text/html .html\n", "1:works" },
		{ "AddHandler application/x-httpd-php .php\n", "1:to do" },
		{ "SetHandler \"proxy:unix:/run/php.sock|fcgi://localhost\"\n", "1:to do" },
		{ "SetHandler \"proxy:http://localhost\"\n", "" },
		{ "ProxyPassMatch ^/(.*\\.php)$ fcgi://127.0.0.1:9000/\nProxyPass /a fcgi://b/\n",
			"1:to do" },
		{ "User apache\nGroup www-data\n", "1:to do" },
		{ "Include a.conf\nIncludeOptional *.b\n", "1:note 2:note" },
		{ "RUidGid a b\nsuPHP_Engine on\nPHP_Fix_Pathinfo_Enable 1\nRMode config\n",
			"1:works 2:no need 3:no need 4:no need" },
		{ "<IfModule mod_ruid2.c>\nRUidGid a b\n</IfModule>\n", "2:to do" },
		{ "<VirtualHost *>\n<IfModule !mod_ruid2.c>\nSuExecUserGroup a a\n</IfModule>\n"
		  "<IfModule itk.c>\nAssignUserID a a\n</IfModule>\n"
		  "<IfModule mod_suphp.c>\nsuPHP_UserGroup a a\n</IfModule>\n</VirtualHost>\n",
			"3:works 6:note 9:note" },
		{ "<VirtualHost *>\n<IfModule mod_suphp.c>\nsuPHP_UserGroup a a\n</IfModule>\n"
		  "</VirtualHost>\n",
			"3:to do 1:note" },
		{ "LVEEnable on\n<IfModule hostinglimits_module>\nLVEId 3\n</IfModule>\n",
			"1:unknown" },
		/* whose PHP runs */
		{ "<VirtualHost *>\nServerName a.test\n</VirtualHost>\n", "1:note" },
		{ "lsapi_uid_gid 1 1\n<VirtualHost *>\n</VirtualHost>\n", "1:works" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		check(&rows[i], false);
}

static void text__broken_sections__told_and_survived(void **state)
{
	static const struct row rows[] = {
		{ "<IfModule a>\n", "1:syntax" },
		{ "</IfModule>\nlsapi_engine On\n", "1:syntax 2:works" },
		{ "<IfModule a>\n</Directory>\nlsapi_engine On\n</IfModule>\n",
			"2:syntax 3:works" },
		{ "<\n</\n", "" },
		{ "<IfModule lsapi_module> lsapi_engine On </IfModule>\n", "1:syntax 1:syntax" },
		{ "\xef\xbb\xbf"
		  "lsapi_engine On\n",
			"1:syntax 1:works" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		check(&rows[i], false);
}

static void text__deeper_than_bound__told(void **state)
{
	char text[16 * (IMPORT_MAX_DEPTH + 2)];
	size_t used = 0;
	struct import *im = import_new();

	(void)state;
	assert_non_null(im);
	for (size_t i = 0; i < IMPORT_MAX_DEPTH + 1; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "<Files a>\n");
	import_text(im, "deep", false, text, used);
	assert_int_equal(im->count[IMPORT_SYNTAX], IMPORT_MAX_DEPTH + 1);
	assert_int_equal(im->depth, 0);
	(void)import_free(im);
}

/* Every row of the table has something to say, in its widest context, with its default. */
static void text__every_directive__one_finding_that_explains(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
		const struct directive *d = &directive_table[i];
		struct import *im = import_new();
		char text[256];

		assert_non_null(im);
		(void)snprintf(text, sizeof(text), "%s %s%s\n", d->name,
			strcmp(d->value, "-") != 0             ? d->value
			: strcmp(d->arguments, "pattern") == 0 ? "/%u/"
							       : "1",
			(d->takes & 0x0f) == 2 ? " 2" : "");
		import_text(im, "a", d->context == DIRECTIVE_IN_ANYWHERE, text, strlen(text));
		T_ASSERT_ROW(text, im->finding_count == 1);
		T_ASSERT_ROW(text, im->finding[0].result <= IMPORT_VALUE);
		T_ASSERT_ROW(text, im->finding[0].text && *im->finding[0].text);
		(void)import_free(im);
	}
}

static bool is_alice(const char *name, bool is_group)
{
	(void)is_group;
	return strcmp(name, "alice") == 0;
}

static void text__owners__those_that_the_host_knows(void **state)
{
	static const char text[] = "lsapi_user_group alice alice\nlsapi_user_group alice bob\n"
				   "RUidGid bob alice\nlsapi_user #1\nlsapi_user #x\n"
				   "lsapi_uid_gid 1 2\nlsapi_uid_gid 1 x\n"
				   "lsapi_uid_gid 4294967295 1\nSuExecUserGroup ${U} alice\n";
	struct import *im = import_new();
	char found[256];

	(void)state;
	assert_non_null(im);
	im->is_account = is_alice;
	import_text(im, "a", false, text, sizeof(text) - 1);
	join(im, found, sizeof(found));
	assert_string_equal(found, "1:works 2:to do 3:to do 4:works 5:to do 6:works 7:to do "
				   "8:to do 9:works");
	(void)import_free(im);
}

static void include_once(struct import *im, const char *pattern, void *data)
{
	static const char text[] = "lsapi_per_user On\n<Files x>\nInclude again\n";

	(void)data;
	import_text(im, pattern, false, text, sizeof(text) - 1);
}

static void text__included__sections_stay_and_depth_is_bounded(void **state)
{
	static const char text[] = "<Directory />\nInclude b\n</Directory>\nlsapi_per_user On\n";
	struct import *im = import_new();

	(void)state;
	assert_non_null(im);
	im->include = include_once;
	import_text(im, "a", false, text, sizeof(text) - 1);
	assert_int_equal(im->file_count, 1 + IMPORT_MAX_INCLUDE);
	assert_string_equal(im->finding[0].file, "b");
	assert_int_equal(im->finding[0].result, IMPORT_CONTEXT);
	const struct import_finding *last = &im->finding[im->finding_count - 1];

	assert_string_equal(last->file, "a");
	assert_int_equal(last->result, IMPORT_WORKS);
	assert_int_equal(im->depth, 0);
	(void)import_free(im);
}

static void text__control_characters__never_shown(void **state)
{
	static const char text[] = "lsapi_\x1b[2J On\nlsapi_tmpdir \x1b]0;x\x07\n";
	struct import *im = import_new();

	(void)state;
	assert_non_null(im);
	import_text(im, "a\x1b", false, text, sizeof(text) - 1);
	assert_int_equal(im->finding_count, 2);
	for (size_t i = 0; i < im->finding_count; i++) {
		const struct import_finding *f = &im->finding[i];

		assert_string_equal(f->file, "a?");
		assert_null(strchr(f->directive, '\x1b'));
		assert_null(strchr(f->text, '\x1b'));
	}
	(void)import_free(im);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text__lines_of_ours__as_the_module_takes_them),
		cmocka_unit_test(text__htaccess__context_counts),
		cmocka_unit_test(text__httpd_and_other_modules__what_to_do),
		cmocka_unit_test(text__broken_sections__told_and_survived),
		cmocka_unit_test(text__deeper_than_bound__told),
		cmocka_unit_test(text__every_directive__one_finding_that_explains),
		cmocka_unit_test(text__owners__those_that_the_host_knows),
		cmocka_unit_test(text__included__sections_stay_and_depth_is_bounded),
		cmocka_unit_test(text__control_characters__never_shown),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
