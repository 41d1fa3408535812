/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/environ.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/supervisor/policy.h"
#include "tests/support/t.h"

static struct config_env handler_env[] = {
	{ .name = (char[]){ "TZ" }, .value = (char[]){ "UTC" } },
	{ .name = (char[]){ "FROM_SITE" }, .value = (char[]){ "handler wins" } },
};

static const struct config_handler handler = {
	.env = handler_env,
	.env_count = T_COUNT(handler_env),
};

static struct policy_order order_make(void)
{
	return (struct policy_order){
		.has_connection_pool = true,
		.handler = &handler,
		.path = "/bin",
		.children = 7,
		.max_idle_s = 8,
		.max_reqs = 9,
		.max_process_time_s = 10,
		.has_accept_notify = true,
	};
}

static const char *value_of(const struct environ_list *e, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < e->count; i++) {
		size_t size = strlen(name);

		if (strncmp(e->item[i], name, size) == 0 && e->item[i][size] == '=') {
			assert_null(found);
			found = e->item[i] + size + 1;
		}
	}
	return found;
}

static void fill(struct environ_list *e, const struct policy_order *order, const char *spec_text,
	size_t size)
{
	struct pool_spec spec;

	assert_int_equal(pool_spec_parse(spec_text, size, &spec), 0);
	environ_init(e);
	environ_fill_lsphp(e, order, &spec);
	assert_false(e->has_failed);
	assert_null(e->item[e->count]);
}

static void environ_fill_lsphp__plain_site__exactly_this(void **state)
{
	static const char *const expected[] = { "LSAPI_CHILDREN=7", "LSAPI_EXTRA_CHILDREN=0",
		"LSAPI_MAX_IDLE_CHILDREN=7", "LSAPI_MAX_IDLE=8", "LSAPI_MAX_REQS=9",
		"LSAPI_PGRP_MAX_IDLE=0", "LSAPI_MAX_PROCESS_TIME=10", "LSAPI_ACCEPT_NOTIFY=1",
		"LSAPI_KEEP_LISTEN=1", "PATH=/bin", "TEMP=/tmp", "TMP=/tmp", "TZ=UTC",
		"FROM_SITE=handler wins" };
	struct policy_order order = order_make();
	struct environ_list e;

	(void)state;
	/* nothing of our own environment may get through */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	assert_int_equal(setenv("LSAPID_TEST_LEAK", "1", 1), 0);
	fill(&e, &order, "uid=1", 6);
	assert_int_equal(e.count, T_COUNT(expected) + 1);
	/* lsphp writes its title over the start of its environment */
	assert_int_equal(strlen(e.item[0]), 64);
	assert_memory_equal(e.item[0], "LSAPI_PAD=", 10);
	for (size_t i = 0; i < T_COUNT(expected); i++)
		assert_string_equal(e.item[i + 1], expected[i]);
	environ_deinit(&e);
}

static void environ_fill_lsphp__switches_on__their_variables(void **state)
{
	struct policy_order order = order_make();
	struct environ_list e;

	(void)state;
	order.has_coredump = true;
	order.has_user_ini = true;
	order.has_own_log = true;
	order.has_accept_notify = false;
	order.phprc = "/srv/etc";
	fill(&e, &order, "uid=1", 6);
	assert_string_equal(value_of(&e, "LSAPI_ALLOW_CORE_DUMP"), "1");
	assert_string_equal(value_of(&e, "LSAPI_LOG_STDERR"), "1");
	assert_string_equal(value_of(&e, "LSPHP_ENABLE_USER_INI"), "on");
	assert_string_equal(value_of(&e, "LSAPI_ACCEPT_NOTIFY"), "0");
	assert_string_equal(value_of(&e, "PHPRC"), "/srv/etc");
	environ_deinit(&e);
}

static void environ_fill_lsphp__home_is_spoken_of__put_in(void **state)
{
	static const struct {
		const char *phprc;
		const char *home;
		const char *expected;
	} rows[] = {
		{ "/srv/etc", "/home/a", "/srv/etc" },
		{ "/srv/www:~", "/home/a", "/srv/www:/home/a" },
		{ "~", "/home/a", "/home/a" },
		{ "/srv/www:~", NULL, "/srv/www" },
		{ "/srv/www:~", "/home/a:/etc", "/srv/www" },
		{ "~", NULL, NULL },
		{ "/srv/~", "/home/a", "/srv/~" },
		{ "/a::/b", NULL, "/a:/b" },
	};
	struct policy_order order = order_make();
	struct environ_list e;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		order.phprc = rows[i].phprc;
		order.home = rows[i].home;
		fill(&e, &order, "uid=1", 6);
		if (rows[i].expected)
			assert_string_equal(value_of(&e, "PHPRC"), rows[i].expected);
		else
			assert_null(value_of(&e, "PHPRC"));
		environ_deinit(&e);
	}
	order.has_user_ini_home = true;
	order.home = "/home/a";
	fill(&e, &order, "uid=1", 6);
	assert_null(value_of(&e, "LSAPI_USER_INI_HOME"));
	environ_deinit(&e);
	order.has_user_ini = true;
	fill(&e, &order, "uid=1", 6);
	assert_string_equal(value_of(&e, "LSAPI_USER_INI_HOME"), "/home/a");
	environ_deinit(&e);
}

static void environ_fill_lsphp__site_sets_variables__only_what_is_its_own(void **state)
{
	static const char spec[] = "env.FROM_SITE=site\0env.HTTP_PROXY=http://x\0"
				   "env.LSAPI_CHILDREN=999\0env.LSPHP_ENABLE_USER_INI=on\0"
				   "env.OWN=1=2\0env.PATH=/evil\0env.PATHS=x\0"
				   "env.PHP_LSAPI_CHILDREN=999\0env.TMP=/own\0uid=1";
	struct policy_order order = order_make();
	struct environ_list e;

	(void)state;
	fill(&e, &order, spec, sizeof(spec));
	assert_string_equal(value_of(&e, "OWN"), "1=2");
	assert_string_equal(value_of(&e, "PATHS"), "x");
	assert_string_equal(value_of(&e, "TMP"), "/own");
	assert_string_equal(value_of(&e, "FROM_SITE"), "handler wins");
	assert_string_equal(value_of(&e, "PATH"), "/bin");
	assert_string_equal(value_of(&e, "LSAPI_CHILDREN"), "7");
	assert_null(value_of(&e, "HTTP_PROXY"));
	assert_null(value_of(&e, "PHP_LSAPI_CHILDREN"));
	assert_null(value_of(&e, "LSPHP_ENABLE_USER_INI"));
	environ_deinit(&e);
}

static void environ_add_scan_dir__each_value_before__kept_in_front(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} rows[] = {
		{ NULL, ":/d" },         /* what was compiled in, then ours */
		{ "", "/d" },            /* none but ours */
		{ "/a:/b", "/a:/b:/d" }, /* those, then ours */
		{ ":/a", ":/a:/d" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct environ_list e;

		environ_init(&e);
		if (rows[i].before)
			environ_set(&e, "PHP_INI_SCAN_DIR", rows[i].before);
		environ_add_scan_dir(&e, "/d");
		assert_false(e.has_failed);
		assert_int_equal(e.count, 1);
		T_ASSERT_ROW(rows[i].after,
			strcmp(environ_get(&e, "PHP_INI_SCAN_DIR"), rows[i].after) == 0);
		environ_deinit(&e);
	}
}

static void environ_fill_lsphp__no_connection_pool__one_request(void **state)
{
	struct policy_order order = order_make();
	struct environ_list e;

	(void)state;
	order.has_connection_pool = false;
	environ_init(&e);
	fill(&e, &order, "uid=1", 6);
	assert_string_equal(environ_get(&e, "LSAPI_MAX_REQS"), "1");
	environ_deinit(&e);
}

static void environ_set__many_names__all_kept_in_order(void **state)
{
	struct environ_list e;
	char name[16];

	(void)state;
	environ_init(&e);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "N%u", i);
		environ_set_uint(&e, name, i);
	}
	environ_set(&e, "N7", "again");
	assert_int_equal(e.count, 500);
	assert_string_equal(e.item[7], "N7=again");
	assert_string_equal(e.item[499], "N499=499");
	assert_null(e.item[500]);
	environ_deinit(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(environ_fill_lsphp__plain_site__exactly_this),
		cmocka_unit_test(environ_fill_lsphp__switches_on__their_variables),
		cmocka_unit_test(environ_fill_lsphp__home_is_spoken_of__put_in),
		cmocka_unit_test(environ_fill_lsphp__site_sets_variables__only_what_is_its_own),
		cmocka_unit_test(environ_set__many_names__all_kept_in_order),
		cmocka_unit_test(environ_add_scan_dir__each_value_before__kept_in_front),
		cmocka_unit_test(environ_fill_lsphp__no_connection_pool__one_request),
	};

	return cmocka_run_group_tests_name("environ", tests, NULL, NULL);
}
