/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_log.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

#define LONG_40     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HOST_200    LONG_40 LONG_40 LONG_40 LONG_40 LONG_40
#define VHOST(host) "name=" host "\nown_log=vhost\nscope=vhost\nuid=1001\n"

static struct config_entry off_entry[] = {
	{ .key = (char[]){ "own_log" }, .value = (char[]){ "off" } },
};
static const struct config_pool silent = { .file = "/p/x.conf" };
static const struct config_pool off = { .entries = off_entry, .entry_count = 1 };
static const struct config_pool named = {
	.entries = off_entry, .entry_count = 1, .log = (char[]){ "shop.log" }
};

static void name__sources__strongest_wins(void **state)
{
	static const struct {
		const char *entries;
		const struct config_pool *pool;
		uint32_t of_defaults; /* off, vhost, common */
		enum config_log kind;
		const char *name;
	} rows[] = {
		{ "uid=1001\n", NULL, 0, CONFIG_LOG_NONE, "" },
		{ "uid=1001\n", &silent, 2, CONFIG_LOG_COMMON, "lsphp.log" },
		{ "name=a.test\nuid=1001\n", NULL, 1, CONFIG_LOG_OF_USER, "a.test-1001.log" },
		{ "own_log=off\nuid=1001\n", NULL, 2, CONFIG_LOG_NONE, "" },
		{ "own_log=common\nuid=1001\n", NULL, 0, CONFIG_LOG_COMMON, "lsphp.log" },
		{ "own_log=common\nuid=1001\n", &off, 1, CONFIG_LOG_NONE, "" },
		{ "own_log=common\nuid=1001\n", &named, 1, CONFIG_LOG_OF_USER, "shop.log" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct config c = { .defaults = { .own_log = rows[i].of_defaults } };
		char name[CONFIG_LOG_NAME_SIZE] = "";
		char data[512];
		struct pool_spec spec;
		size_t size = strlen(rows[i].entries);

		for (size_t k = 0; k < size; k++)
			data[k] = (char)(rows[i].entries[k] == '\n' ? '\0' : rows[i].entries[k]);
		assert_int_equal(pool_spec_parse(data, size, &spec), 0);
		T_ASSERT_ROW(rows[i].entries,
			config_log_name(&c, rows[i].pool, &spec, name) == rows[i].kind);
		T_ASSERT_ROW(rows[i].entries, strcmp(name, rows[i].name) == 0);
	}
}

/* It comes from Apache, which may have it from a browser. */
static void name__hosts__never_a_path(void **state)
{
	static const struct {
		const char *entries;
		const char *name;
	} rows[] = {
		{ VHOST("Shop.Example.ORG"), "shop.example.org-1001.log" },
		{ VHOST("a_b-c"), "a_b-c-1001.log" },
		{ VHOST(HOST_200), HOST_200 "-1001.log" },
		{ VHOST(HOST_200 "a"), "user-1001.log" },
		{ VHOST("../../etc/passwd"), "user-1001.log" },
		{ VHOST(".."), "user-1001.log" },
		{ VHOST(".hidden"), "user-1001.log" },
		{ VHOST("a/b"), "user-1001.log" },
		{ VHOST("a b"), "user-1001.log" },
		{ VHOST("[::1]"), "user-1001.log" },
		{ VHOST("b\xc3\xbc.test"), "user-1001.log" },
		{ VHOST(""), "user-1001.log" },
		{ "log_name=a.test\n" VHOST("b.test"), "a.test-1001.log" },
		{ "log_name=../x\n" VHOST("b.test"), "user-1001.log" },
		{ "own_log=vhost\nscope=vhost\nuid=7\n", "user-7.log" },
		{ "name=a.test\nown_log=vhost\nscope=user\nuid=7\n", "user-7.log" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct config c = { .defaults = { .own_log = 0 } };
		char name[CONFIG_LOG_NAME_SIZE] = "";
		char data[512];
		struct pool_spec spec;
		size_t size = strlen(rows[i].entries);

		for (size_t k = 0; k < size; k++)
			data[k] = (char)(rows[i].entries[k] == '\n' ? '\0' : rows[i].entries[k]);
		assert_int_equal(pool_spec_parse(data, size, &spec), 0);
		T_ASSERT_ROW(rows[i].entries,
			config_log_name(&c, NULL, &spec, name) == CONFIG_LOG_OF_USER);
		T_ASSERT_ROW(rows[i].entries, strcmp(name, rows[i].name) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__sources__strongest_wins),
		cmocka_unit_test(name__hosts__never_a_path),
	};

	return cmocka_run_group_tests_name("config_log", tests, NULL, NULL);
}
