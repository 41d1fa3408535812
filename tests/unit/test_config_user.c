/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_load.h"
#include "daemon/config/config_table.h"
#include "tests/support/t.h"

/* Every key of a pool, and what the user may make of it: a new row has to be thought of here. */
static const struct {
	const char *name;
	const char *text;
	enum config_user user;
} keys[] = {
	{ "user", "x", CONFIG_USER_NOT },
	{ "vhosts", "{ a.example }", CONFIG_USER_SELECT },
	{ "group", "x", CONFIG_USER_NOT },
	{ "handler", "php", CONFIG_USER_NOT },
	{ "children", "7", CONFIG_USER_LOWER },
	{ "children_max", "7", CONFIG_USER_NOT },
	{ "max_idle", "7s", CONFIG_USER_SHORTER },
	{ "pgrp_max_idle", "7s", CONFIG_USER_SHORTER },
	{ "max_reqs", "7", CONFIG_USER_LOWER },
	{ "max_process_time", "7s", CONFIG_USER_LOWER },
	{ "max_lifetime", "7d", CONFIG_USER_SHORTER },
	{ "max_memory", "64M", CONFIG_USER_SHORTER },
	{ "accept_notify", "on", CONFIG_USER_NOT },
	{ "coredump", "on", CONFIG_USER_NOT },
	{ "user_ini", "on", CONFIG_USER_LOWER },
	{ "path", "/bin", CONFIG_USER_NOT },
	{ "phprc", "/x", CONFIG_USER_NOT },
	{ "when_busy", "reject", CONFIG_USER_NOT },
	{ "queue_length", "7", CONFIG_USER_LOWER },
	{ "queue_wait", "7s", CONFIG_USER_NOT },
	{ "busy_status", "503", CONFIG_USER_NOT },
	{ "connection_pool", "on", CONFIG_USER_NOT },
	{ "max_connections", "7", CONFIG_USER_NOT },
	{ "pgrp_max_reqs", "7", CONFIG_USER_NOT },
	{ "pgrp_max_crashes", "7", CONFIG_USER_NOT },
	{ "dump_debug_info", "on", CONFIG_USER_NOT },
	{ "slow_time", "7s", CONFIG_USER_NOT },
	{ "own_log", "vhost", CONFIG_USER_NOT },
	{ "criu", "off", CONFIG_USER_NOT },
	{ "initial_start", "7", CONFIG_USER_NOT },
	{ "criu_images_dir", "/x", CONFIG_USER_NOT },
	{ "criu_reset_on_restart", "on", CONFIG_USER_NOT },
	{ "criu_debug", "on", CONFIG_USER_NOT },
	{ "nice", "7", CONFIG_USER_HIGHER },
	{ "oom_score_adj", "7", CONFIG_USER_NOT },
	{ "limit_as", "64M", CONFIG_USER_NOT },
	{ "limit_data", "64M", CONFIG_USER_NOT },
	{ "limit_stack", "64M", CONFIG_USER_NOT },
	{ "limit_memlock", "64M", CONFIG_USER_NOT },
	{ "limit_cpu", "7s", CONFIG_USER_NOT },
	{ "limit_nproc", "77", CONFIG_USER_NOT },
	{ "limit_nofile", "77", CONFIG_USER_NOT },
	{ "limit_fsize", "64M", CONFIG_USER_NOT },
	{ "limit_core", "64M", CONFIG_USER_NOT },
	{ "php_ini", "{ \"a=b\" }", CONFIG_USER_NOT },
	{ "log", "x.log", CONFIG_USER_NOT },
	{ "user_file", "on", CONFIG_USER_NOT },
	{ "env", "{ \"A=b\" }", CONFIG_USER_ADD },
};

/* Return: as config_load_user(); the first problem in @ret. */
static int load(const char *text, struct config **ret_config, struct config_problem *ret)
{
	struct config_problems problems = { .item = NULL };
	struct config *c = calloc(1, sizeof(*c));
	int r;

	assert_non_null(c);
	r = config_load_user(c, "/h/.lsapid.conf", text, &problems);
	if (problems.count)
		*ret = problems.item[0];
	assert_int_equal(r == 1, problems.count > 0);
	if (r)
		assert_int_equal(c->pool_count, 0);
	config_problems_deinit(&problems);
	if (ret_config)
		*ret_config = c;
	else
		config_free(c);
	return r;
}

static const char *entry(const struct config_pool *p, const char *key)
{
	for (size_t i = 0; i < p->entry_count; i++) {
		if (strcmp(p->entries[i].key, key) == 0)
			return p->entries[i].value;
	}
	return "(none)";
}

static void table__every_row__only_the_whitelist_loads(void **state)
{
	struct config_problem problem;
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t seen = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char text[128];

		if (table[i].section != CONFIG_SECTION_POOL)
			continue;
		assert_true(seen < T_COUNT(keys));
		assert_string_equal(table[i].name, keys[seen].name);
		T_ASSERT_ROW(keys[seen].name, table[i].user == keys[seen].user);
		(void)snprintf(text, sizeof(text), "%s = %s\n", keys[seen].name, keys[seen].text);
		T_ASSERT_ROW(text, load(text, NULL, &problem) == (keys[seen].user == 0));
		(void)snprintf(text, sizeof(text), "pool a { %s = %s }\n", keys[seen].name,
			keys[seen].text);
		T_ASSERT_ROW(text, load(text, NULL, &problem) == (keys[seen].user == 0));
		seen++;
	}
	assert_int_equal(seen, T_COUNT(keys));
}

static void load__sections_and_keys_alone__found_by_vhost(void **state)
{
	struct config_problem problem;
	struct config *c;

	(void)state;
	assert_int_equal(load("# mine\nchildren = 9\nenv = { \"A=1\", \"B=2\" }\n"
			      "pool shop {\n\tvhosts = { Shop.example, \"*.shop.example\" }\n"
			      "\tchildren = 3\n}\n",
				 &c, &problem),
		0);
	assert_int_equal(c->pool_count, 2);
	assert_string_equal(entry(config_find_pool(c, 7, "", "other.example"), "children"), "9");
	assert_string_equal(entry(config_find_pool(c, 7, "", NULL), "env.B"), "2");
	assert_string_equal(entry(config_find_pool(c, 7, "", "shop.example"), "children"), "3");
	assert_string_equal(entry(config_find_pool(c, 7, "", "a.shop.example"), "children"), "3");
	assert_string_equal(entry(config_find_pool(c, 7, "", "a.shop.example"), "env.B"), "(none)");
	assert_int_equal(config_find_pool(c, 7, "", "shop.example")->line, 5);
	assert_int_equal(config_find_pool(c, 7, "", "")->line, 2);
	config_free(c);
}

static void load__nothing__nothing(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# only this\n",
		"vhosts = { a.example }\n" };
	struct config_problem problem;

	(void)state;
	for (size_t i = 0; i < T_COUNT(texts); i++) {
		struct config *c;

		assert_int_equal(load(texts[i], &c, &problem), 0);
		assert_int_equal(c->pool_count, 0);
		assert_null(config_find_pool(c, 7, "", "a.example"));
		config_free(c);
	}
}

static void load__mistakes__line_and_what_is_allowed(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what;
		const char *remedy;
	} cases[] = {
		{ "children = 5\nhandler = php\n", 2, "handler",
			"the keys of this file are vhosts" },
		{ "pool a {\n\tphprc = \"/x\"\n}\n", 2, "phprc", "children" },
		{ "uid_min = 0\n", 1, "uid_min", "env" },
		{ "include(\"/etc/shadow\")\n", 1, "include", "children" },
		{ "children = many\n", 1, "children is 'many', not a number", "children" },
		{ "\nchildren = 1\n", 2, "not within 2 to 10000", "children" },
		{ "children = 5\nchildren = { 6 }\n", 2, "", "" },
		{ "env = { \"LD_PRELOAD=/h/x.so\" }\n", 1, "which this file cannot set",
			"Environment" },
		{ "env = { \"PATH=/h\" }\n", 1, "which a pool cannot set", "Environment" },
		{ "env = { \"A\" }\n", 1, "not NAME=value", "Environment" },
		{ "env = { \"A=${HOME}\" }\n", 1, "environment variables are not replaced", "" },
		{ "pool a {\n children = 5\n", 3, "a section has no end", "}" },
		{ "children = 5 /* and", 1, "a comment has no end", "" },
		{ "children = 5\npool a { children = 6 }\n", 2, "line 1 speaks of it already",
			"one section" },
		{ "pool a { vhosts = { x.de } max_reqs = 6 }\npool b { vhosts = { X.DE } }\n", 2,
			"vhost x.de: line 1 speaks of it already", "one section" },
		{ "pool \"a b\" { children = 6 }\n", 1, "has spaces", "" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct config_problem problem = { .line = 0 };

		T_ASSERT_ROW(cases[i].text, load(cases[i].text, NULL, &problem) == 1);
		T_ASSERT_ROW(cases[i].text, problem.line == cases[i].line);
		T_ASSERT_ROW(problem.what, strstr(problem.what, cases[i].what) != NULL);
		T_ASSERT_ROW(problem.remedy, strstr(problem.remedy, cases[i].remedy) != NULL);
		assert_string_equal(problem.file, "/h/.lsapid.conf");
	}
}

/* Found by the fuzzer: the whole reading failed, as if there were no memory. */
static void load__long_name__a_mistake_like_others(void **state)
{
	struct config_problem problem = { .line = 0 };
	char text[256];

	(void)state;
	(void)snprintf(text, sizeof(text), "\nenv = { \"%0124d=1\" }\n", 0);
	text[10] = 'A';
	assert_int_equal(load(text, NULL, &problem), 0);
	(void)snprintf(text, sizeof(text), "\nenv = { \"%0125d=1\" }\n", 0);
	text[10] = 'A';
	assert_int_equal(load(text, NULL, &problem), 1);
	assert_int_equal(problem.line, 2);
	assert_string_equal(problem.what, "env has a name longer than 124 bytes");
}

static void may__values__only_tighter(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *given;
		bool may;
	} cases[] = {
		{ "children", "7", "8", true },
		{ "children", "8", "8", false },
		{ "children", "9", "8", false },
		{ "children", "9", "", false },
		{ "nice", "5", "", true },
		{ "nice", "-5", "", false },
		{ "nice", "5", "5", false },
		{ "nice", "-5", "-10", true },
		{ "nice", "6", "5", true },
		{ "nice", "", "5", false },
		{ "children", "x", "8", false },
		{ "children", "7", "x", false },
		{ "max_idle", "0", "5", false },
		{ "max_idle", "0", "0", false },
		{ "max_idle", "5", "0", true },
		{ "max_idle", "4", "5", true },
		{ "max_idle", "6", "5", false },
		{ "user_ini", "0", "1", true },
		{ "user_ini", "1", "0", false },
		{ "handler", "1", "2", false },
		{ "uid", "1", "2", false },
		{ "env.", "1", "2", false },
		{ "no such key", "1", "2", false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].key, config_user_may(cases[i].key, cases[i].value,
						   cases[i].given) == cases[i].may);
}

static void env__names__what_loads_code_or_settings_is_forbidden(void **state)
{
	static const struct {
		const char *name;
		bool is_forbidden;
	} cases[] = {
		{ "APP_ENV", false },
		{ "TZ", false },
		{ "LDAP_HOST", false },
		{ "PHPRCX", false },
		{ "PHP", false },
		{ "L", false },
		{ "PATH", true },
		{ "HTTP_X", true },
		{ "LSAPI_CHILDREN", true },
		{ "LSPHP_ENABLE_USER_INI", true },
		{ "LD_PRELOAD", true },
		{ "LD_", true },
		{ "PHPRC", true },
		{ "PHP_INI_SCAN_DIR", true },
		{ "PHP_LSAPI_CHILDREN", true },
		{ "OPENSSL_CONF", true },
		{ "GLIBC_TUNABLES", true },
		{ "GCONV_PATH", true },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].name,
			config_user_env_is_forbidden(cases[i].name, strlen(cases[i].name)) ==
				cases[i].is_forbidden);
}

static void keys__any_room__never_beyond(void **state)
{
	char all[512];
	char out[64];

	(void)state;
	assert_non_null(strstr(config_user_keys(all, sizeof(all)), "vhosts, children, "));
	assert_non_null(strstr(all, ", env"));
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		(void)config_user_keys(out, size);
		assert_true(strlen(out) < size);
		assert_memory_equal(out, all, strlen(out));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__every_row__only_the_whitelist_loads),
		cmocka_unit_test(load__sections_and_keys_alone__found_by_vhost),
		cmocka_unit_test(load__nothing__nothing),
		cmocka_unit_test(load__mistakes__line_and_what_is_allowed),
		cmocka_unit_test(load__long_name__a_mistake_like_others),
		cmocka_unit_test(may__values__only_tighter),
		cmocka_unit_test(env__names__what_loads_code_or_settings_is_forbidden),
		cmocka_unit_test(keys__any_room__never_beyond),
	};

	return cmocka_run_group_tests_name("config_user", tests, NULL, NULL);
}
