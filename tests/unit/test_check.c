/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/config/config_table.h"
#include "daemon/ctl/check/probe.h"
#include "daemon/ctl/check/who.h"
#include "tests/support/source.h"
#include "tests/support/t.h"

static const struct check_row *row(const char *id)
{
	size_t count;
	const struct check_row *table = check_table(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].id, id) == 0)
			return &table[i];
	fail_msg("no row %s", id);
	return NULL;
}

/* Runs one row as check_run() does. */
static void run(struct check *c, const char *id)
{
	c->row = row(id);
	c->of_row = 0;
	c->row->run(c);
}

static bool has(const struct check *c, enum check_severity severity, const char *part)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->finding[i].severity == severity && strstr(c->finding[i].what, part))
			return true;
	return false;
}

/* --- Apache's configuration --------------------------------------------------------------- */

#define LSAPI         "LoadModule lsapi_module /dev/null\nlsapi_engine On\n"
#define OWNER         "SuExecUserGroup root root\n"
#define VHOST(inside) "<VirtualHost *:80>\nServerName a.test\n" inside "</VirtualHost>\n"

static struct apache_facts *read_facts(const char *text)
{
	struct apache_facts *f = apache_facts_new("/etc/apache2/apache2.conf");

	assert_non_null(f);
	f->import->include = NULL;
	apache_facts_take(f, "a.conf", text, strlen(text));
	return f;
}

static void apache__each_bad_setup__found_at_its_line(void **state)
{
	static const struct {
		const char *id;
		const char *text;
		enum check_severity severity;
		const char *what;
		const char *where;
	} rows[] = {
		{ "apache-module", "Listen 80\n", CHECK_PROBLEM, "no LoadModule", "" },
		{ "apache-module", "LoadModule lsapi_module /no/such.so\n", CHECK_PROBLEM,
			"/no/such.so", "a.conf:1" },
		{ "apache-conflict", LSAPI "LoadModule ruid2_module r.so\n", CHECK_PROBLEM,
			"ruid2_module is loaded", "a.conf:3" },
		{ "apache-conflict", "LoadModule mpm_itk_module i.so\n", CHECK_PROBLEM,
			"mpm_itk_module", "a.conf:1" },
		{ "apache-conflict", "LoadModule php_module p.so\n", CHECK_WARNING, "php_module",
			"a.conf:1" },
		{ "apache-conflict", "LoadModule suphp_module p.so\n", CHECK_WARNING,
			"suphp_module", "a.conf:1" },
		{ "apache-handler",
			"<FilesMatch \\.php$>\nSetHandler \"proxy:unix:/r|fcgi://x\"\n</FilesMatch>\n",
			CHECK_WARNING, "PHP-FPM", "a.conf:2" },
		{ "apache-handler", "AddHandler fcgid-script .php\n", CHECK_WARNING, "mod_fcgid",
			"a.conf:1" },
		{ "apache-handler", "ProxyPassMatch \"^/(.*\\.php)$\" \"fcgi://h:9/$1\"\n",
			CHECK_WARNING, "PHP-FPM", "a.conf:1" },
		{ "apache-engine", "LoadModule lsapi_module /dev/null\nlsapi_engine Off\n",
			CHECK_WARNING, "lsapi_engine On is nowhere", "" },
		{ "apache-owner", LSAPI VHOST(""), CHECK_WARNING, "a.test", "a.conf:3" },
		{ "apache-lines", LSAPI "lsapi_no_such On\n", CHECK_WARNING, "lsapi_no_such",
			"a.conf:3" },
		{ "apache-lines", LSAPI "lsapi_backend_children 1\n", CHECK_NOTE,
			"lsapi_backend_children", "a.conf:3" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct apache_facts *f = read_facts(rows[i].text);
		struct check c = { .apache = f };

		run(&c, rows[i].id);
		T_ASSERT_ROW(rows[i].text, c.count == 1 && has(&c, rows[i].severity, rows[i].what));
		if (*rows[i].where)
			assert_string_equal(c.finding[0].where, rows[i].where);
		check_deinit(&c);
		(void)apache_facts_free(f);
	}
}

static void apache__good_setups__nothing_found(void **state)
{
	static const struct {
		const char *id;
		const char *text;
	} rows[] = {
		{ "apache-module", LSAPI },
		{ "apache-conflict", LSAPI "LoadModule rewrite_module r.so\n" },
		/* what is not read does not count, and what is for us does */
		{ "apache-conflict",
			"<IfModule mod_none.c>\nLoadModule php_module p\n</IfModule>\n" },
		{ "apache-conflict", "<IfDefine NONE>\nLoadModule php_module p\n</IfDefine>\n" },
		{ "apache-handler", LSAPI
			"<IfModule !mod_lsapi.c>\nAddHandler fcgid-script .php\n</IfModule>\n" },
		{ "apache-handler", "<Files x.py>\nSetHandler proxy:http://h/\n</Files>\n" },
		{ "apache-engine", LSAPI },
		{ "apache-engine", "Listen 80\n" },
		{ "apache-owner", LSAPI VHOST(OWNER) },
		{ "apache-owner", LSAPI VHOST("") OWNER },
		{ "apache-owner", "LoadModule suexec_module s\n" VHOST(
					  "<IfModule mod_suexec.c>\n" OWNER "</IfModule>\n") },
		{ "apache-lines", LSAPI VHOST(OWNER) },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct apache_facts *f = read_facts(rows[i].text);
		struct check c = { .apache = f };

		run(&c, rows[i].id);
		T_ASSERT_ROW(rows[i].text, c.count == 0);
		check_deinit(&c);
		(void)apache_facts_free(f);
	}
}

static void apache__variables__of_envvars_and_define(void **state)
{
	static const char text[] = "Define WHO www\nUser ${WHO}-${A}\nGroup ${B}\nUser ${NONE}x\n"
				   "<IfDefine WHO>\nGroup defined\n</IfDefine>\n";
	static const char env[] =
		"# A=comment\nexport A=one$SUFFIX\nB='two'  # x\n: ${C:=3}\nD\n=\n";
	struct apache_facts *f = apache_facts_new("/x/apache2.conf");
	const struct apache_fact *user, *group;

	(void)state;
	apache_facts_take_envvars(f, env);
	apache_facts_take(f, "a.conf", text, strlen(text));
	user = apache_facts_find(f, APACHE_USER, NULL);
	assert_string_equal(user->name, "www-one");
	assert_string_equal(user->where, "a.conf:2");
	assert_string_equal(apache_facts_find(f, APACHE_USER, user)->name, "${NONE}x");
	group = apache_facts_find(f, APACHE_GROUP, NULL);
	assert_string_equal(group->name, "two");
	assert_string_equal(apache_facts_find(f, APACHE_GROUP, group)->name, "defined");
	(void)apache_facts_free(f);
}

/* A thousand sites with one mistake are one mistake. */
static void findings__many_of_one_row__bounded_and_counted(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct apache_facts *f;
	struct check c = { .apache = NULL };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		(void)fputs(VHOST(""), out);
	assert_int_equal(fclose(out), 0);
	f = read_facts(text);
	c.apache = f;
	run(&c, "apache-owner");
	assert_int_equal(c.count, CHECK_MAX_OF_ROW);
	assert_int_equal(c.untold, 100 - CHECK_MAX_OF_ROW);
	check_deinit(&c);
	(void)apache_facts_free(f);
	free(text);
}

/* --- what the daemon says ----------------------------------------------------------------- */

static void daemon__each_answer__what_it_means(void **state)
{
	static const struct config config = { .defaults = { .limit_nproc = CONFIG_UNSET_32 } };
#define DENIED(ms) "{\"host\": {\"refusals\": [{\"reason\": \"bad-key\", \"time_ms\": " ms "}]}}"
	static const struct {
		const char *id;
		const char *status;
		const char *why;
		enum check_severity severity; /* CHECK_OK: nothing is found */
		const char *what;
	} rows[] = {
		{ "daemon-version", "{\"daemon\": {\"version\": \"0.0.0\"}}", "{}", CHECK_WARNING,
			"0.0.0" },
		{ "daemon-version", "{}", "{}", CHECK_WARNING, "version ?" },
		{ "daemon-key", "{\"sessions\": []}", DENIED("1000"), CHECK_PROBLEM,
			"0 processes of Apache" },
		{ "daemon-key", "{\"sessions\": [{\"age_s\": 5.0}]}", DENIED("9000000000000"),
			CHECK_WARNING, "1 processes of Apache" },
		{ "daemon-key", "{\"sessions\": [{\"age_s\": 5.0}]}", DENIED("1000"), CHECK_OK,
			"" },
		{ "daemon-key", "{\"sessions\": []}", "{}", CHECK_OK, "" },
		{ "daemon-pools",
			"{\"pools\": [{\"name\": \"a\"}, {\"name\": \"b.test\", \"failure\": "
			"{\"text\": \"exited\", \"detail\": \"status 3\", \"remedy\": \"x\"}}]}",
			"{}", CHECK_PROBLEM, "b.test: exited: status 3" },
		{ "daemon-pools", "{\"pools\": [{\"name\": \"a\"}]}", "{}", CHECK_OK, "" },
		{ "limit-children",
			"{\"pools\": [{\"name\": \"x.test\", \"has_uid_limit_warning\": true, "
			"\"pool_file\": \"/p:1\", \"children\": 5, \"process_limit\": 4}, "
			"{\"name\": \"y.test\", \"has_uid_limit_warning\": true, "
			"\"pool_file\": \"/p:1\"}]}",
			"{}", CHECK_WARNING, "x.test: uid limit warning" },
		{ "limit-children", "{\"pools\": [{\"name\": \"x.test\"}]}", "{}", CHECK_OK, "" },
		{ "daemon-config",
			"{\"config\": {\"problems\": [{\"file\": \"/p\", \"line\": 3, "
			"\"what\": \"wrong\"}]}}",
			"{}", CHECK_PROBLEM, "wrong" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		json_t *status = json_loads(rows[i].status, 0, NULL);
		json_t *why = json_loads(rows[i].why, 0, NULL);
		struct check c = {
			.status = status, .why = why, .config = &config, .config_path = "/c"
		};

		run(&c, rows[i].id);
		T_ASSERT_ROW(rows[i].status,
			rows[i].severity == CHECK_OK
				? c.count == 0
				: c.count == 1 && has(&c, rows[i].severity, rows[i].what));
		check_deinit(&c);
		json_decref(status);
		json_decref(why);
	}
}

static void text__of_strangers__printable(void **state)
{
	struct check c = { .row = row("daemon-running") };

	(void)state;
	check_add(&c, CHECK_NOTE, "/a\nb", "x\x1b[2J%s", "\xff");
	check_remedy(&c, "%s", "y\r");
	assert_string_equal(c.finding[0].what, "x?[2J?");
	assert_string_equal(c.finding[0].where, "/a?b");
	assert_string_equal(c.finding[0].remedy, "y?");
	check_deinit(&c);
}

/* --- the table ---------------------------------------------------------------------------- */

/* Without anything to look at, each row is there once, and nothing is said to be good. */
static void run__nothing_there__skipped_or_told(void **state)
{
	struct check c = { .silence = "nobody", .socket_path = "/s", .config_path = "/c" };
	size_t count;
	const struct check_row *table = check_table(&count);

	(void)state;
	check_run(&c);
	assert_int_equal(c.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(c.finding[i].row, &table[i]);
		T_ASSERT_ROW(table[i].id, c.finding[i].severity != CHECK_OK ||
						  strcmp(table[i].id, "host-killer") == 0);
	}
	assert_int_equal(check_worst(&c), CHECK_PROBLEM);
	check_deinit(&c);
}

static void manual__every_row__has_its_entry(void **state)
{
	char *manual = source_read("daemon/ctl/lsapidctl.8.scd");
	size_t count, found = 0;
	const struct check_row *table = check_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char entry[128];

		(void)snprintf(entry, sizeof(entry), "\n|  _%s_\n", table[i].id);
		T_ASSERT_ROW(table[i].id, strstr(manual, entry));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(table[i].id, table[k].id);
	}
	/* nor more of them */
	for (const char *at = strstr(manual, "\n# FINDINGS OF CHECK\n"); at && at[1];
		at = strchr(at + 1, '\n')) {
		found += strncmp(at, "\n|  _", 5) == 0;
		if (strncmp(at, "\n# OPTIONS", 10) == 0)
			break;
	}
	assert_int_equal(found, count);
	free(manual);
}

/* --- accounts and programs ---------------------------------------------------------------- */

static void who__directory_of_each_mode__searched_or_not(void **state)
{
	gid_t groups[] = { 7, 8 };
	const struct who w = { .uid = 5, .gid = 7, .groups = groups, .group_count = 2 };
	const struct who root = { .uid = 0 };
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode;
		bool can;
	} rows[] = {
		{ 5, 9, 0100, true },
		{ 5, 9, 0677, false },
		{ 0, 8, 0710, true },
		{ 0, 8, 0701, false }, /* the group's bits count, not those of others */
		{ 0, 9, 0711, true },
		{ 0, 9, 0770, false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct stat st = {
			.st_uid = rows[i].uid, .st_gid = rows[i].gid, .st_mode = rows[i].mode
		};

		assert_int_equal(who_can_search(&w, &st), rows[i].can);
		assert_true(who_can_search(&root, &st));
	}
}

static void probe__program_that_hangs__killed(void **state)
{
	struct probe p;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(probe_run("/bin/sleep", "600", 50, &p), -ETIME);
	assert_true(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGKILL);
	assert_int_equal(probe_run("/usr/bin/id", "-u", 60000, &p), 0);
	assert_int_equal(p.status, 0);
	assert_string_not_equal(p.output, "0\n");
	assert_int_equal(probe_run("/nonexistent", "-v", 60000, &p), 0);
	assert_int_equal(WEXITSTATUS(p.status), 127);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(apache__each_bad_setup__found_at_its_line),
		cmocka_unit_test(apache__good_setups__nothing_found),
		cmocka_unit_test(apache__variables__of_envvars_and_define),
		cmocka_unit_test(findings__many_of_one_row__bounded_and_counted),
		cmocka_unit_test(daemon__each_answer__what_it_means),
		cmocka_unit_test(text__of_strangers__printable),
		cmocka_unit_test(run__nothing_there__skipped_or_told),
		cmocka_unit_test(manual__every_row__has_its_entry),
		cmocka_unit_test(who__directory_of_each_mode__searched_or_not),
		cmocka_unit_test(probe__program_that_hangs__killed),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
