/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/policy.h"

#include <string.h>

#include "daemon/config/config_table.h"
#include "tests/support/t.h"

static struct config_handler handlers[] = {
	{ .name = (char[]){ "php" }, .binary = (char[]){ "/opt/lsphp" } },
};

static const struct config config = {
	.uid_min = 1000,
	.gid_min = 500,
	.handlers = handlers,
	.handler_count = 1,
	.defaults = {
		.children = 20,
		.max_idle_s = 300,
		.pgrp_max_idle_s = 30,
		.max_reqs = 10000,
		.max_process_time_s = 301,
		.path = (char[]){ "/default/bin" },
		.has_connection_pool = true,
		.nice = CONFIG_UNSET_INT,
		.oom_score_adj = 100,
		.limit_as = CONFIG_UNSET_64,
		.limit_core = CONFIG_UNLIMITED_64,
		.limit_data = CONFIG_UNSET_64,
		.limit_fsize = CONFIG_UNSET_64,
		.limit_memlock = 65536,
		.limit_stack = CONFIG_UNSET_64,
		.limit_cpu_s = CONFIG_UNLIMITED_32,
		.limit_nofile = CONFIG_UNSET_32,
		.limit_nproc = 40,
	},
};

static const struct policy_host root_host = {
	.is_privileged = true,
	.has_apache = true,
	.apache_uid = 33,
	.apache_gid = 34,
};

static const struct policy_host user_host = { .own_uid = 1234, .own_gid = 1235 };

/* Strings with NULs: sorted by key, as the canonical form is. */
#define SPEC(text) text, sizeof(text)

struct policy_case {
	const char *name;
	const char *spec;
	size_t size;
	const struct policy_host *host;
	enum reason reason;
	const char *text; /* expected in the text */
};

#define ID(gid, handler, uid) "gid=" gid "\0handler=" handler "\0uid=" uid

static const struct policy_case cases[] = {
	{ "plain", SPEC(ID("1001", "php", "1001")), &root_host, REASON_NONE, "" },
	{ "at the floors", SPEC(ID("500", "php", "1000")), &root_host, REASON_NONE, "" },
	{ "root", SPEC(ID("1001", "php", "0")), &root_host, REASON_UID_FLOOR, "uid 0" },
	{ "root's group", SPEC(ID("0", "php", "1001")), &root_host, REASON_GID_FLOOR, "gid 0" },
	{ "below uid_min", SPEC(ID("1001", "php", "999")), &root_host, REASON_UID_FLOOR,
		"uid 999, uid_min 1000" },
	{ "below gid_min", SPEC(ID("499", "php", "1001")), &root_host, REASON_GID_FLOOR,
		"gid 499, gid_min 500" },
	{ "Apache itself", SPEC(ID("34", "php", "33")), &root_host, REASON_NONE, "" },
	{ "Apache with another group", SPEC(ID("35", "php", "33")), &root_host, REASON_UID_FLOOR,
		"33" },
	{ "another with Apache's group", SPEC(ID("34", "php", "1001")), &root_host,
		REASON_GID_FLOOR, "34" },
	{ "uid -1", SPEC(ID("1001", "php", "4294967295")), &root_host, REASON_BAD_SPEC, "uid" },
	{ "uid wraps", SPEC(ID("1001", "php", "4294967296")), &root_host, REASON_BAD_SPEC, "uid" },
	{ "gid -1", SPEC(ID("4294967295", "php", "1001")), &root_host, REASON_BAD_SPEC, "gid" },
	{ "uid in words", SPEC(ID("1001", "php", "root")), &root_host, REASON_BAD_SPEC, "uid" },
	{ "uid with a sign", SPEC(ID("1001", "php", "-1")), &root_host, REASON_BAD_SPEC, "uid" },
	{ "no uid", SPEC("gid=1001\0handler=php"), &root_host, REASON_BAD_SPEC, "uid" },
	{ "no gid", SPEC("handler=php\0uid=1001"), &root_host, REASON_BAD_SPEC, "gid" },
	{ "no handler", SPEC("gid=1001\0uid=1001"), &root_host, REASON_BAD_SPEC, "handler" },
	{ "unknown handler", SPEC(ID("1001", "/bin/sh", "1001")), &root_host,
		REASON_HANDLER_UNKNOWN, "/bin/sh" },
	{ "one child", SPEC("children=1\0" ID("1001", "php", "1001")), &root_host, REASON_BAD_SPEC,
		"children" },
	{ "too many children", SPEC("children=10001\0" ID("1001", "php", "1001")), &root_host,
		REASON_BAD_SPEC, "children" },
	{ "neither on nor off", SPEC("coredump=2\0" ID("1001", "php", "1001")), &root_host,
		REASON_BAD_SPEC, "coredump" },
	{ "odd scope", SPEC("gid=1001\0handler=php\0scope=host\0uid=1001"), &root_host,
		REASON_BAD_SPEC, "scope" },
	{ "relative docroot", SPEC("docroot=www\0" ID("1001", "php", "1001")), &root_host,
		REASON_BAD_SPEC, "docroot" },
	{ "no time at all", SPEC("gid=1001\0handler=php\0max_process_time=0\0uid=1001"), &root_host,
		REASON_BAD_SPEC, "max_process_time" },
	{ "nice of root's only", SPEC("gid=1001\0handler=php\0nice=-20\0uid=1001"), &root_host,
		REASON_NONE, "" },
	{ "too nice", SPEC("gid=1001\0handler=php\0nice=20\0uid=1001"), &root_host, REASON_BAD_SPEC,
		"nice" },
	{ "nice that wraps", SPEC("gid=1001\0handler=php\0nice=4294967295\0uid=1001"), &root_host,
		REASON_BAD_SPEC, "nice" },
	{ "beyond immortal", SPEC("gid=1001\0handler=php\0oom_score_adj=-1001\0uid=1001"),
		&root_host, REASON_BAD_SPEC, "oom_score_adj" },
	{ "limit too small to live", SPEC("gid=1001\0handler=php\0limit_as=4096\0uid=1001"),
		&root_host, REASON_BAD_SPEC, "limit_as" },
	{ "limit with a unit", SPEC("gid=1001\0handler=php\0limit_as=64M\0uid=1001"), &root_host,
		REASON_BAD_SPEC, "limit_as" },
	{ "descriptors without end",
		SPEC("gid=1001\0handler=php\0limit_nofile=unlimited\0uid=1001"), &root_host,
		REASON_BAD_SPEC, "limit_nofile" },
	{ "our own mark for unset",
		SPEC("gid=1001\0handler=php\0limit_core=18446744073709551614\0uid=1001"),
		&root_host, REASON_BAD_SPEC, "limit_core" },
	{ "neither pool nor none", SPEC("connection_pool=2\0" ID("1001", "php", "1001")),
		&root_host, REASON_BAD_SPEC, "connection_pool" },
	{ "own user", SPEC(ID("1235", "php", "1234")), &user_host, REASON_NONE, "" },
	{ "foreign user", SPEC(ID("1235", "php", "1233")), &user_host, REASON_USER_FOREIGN,
		"1233" },
	{ "foreign group", SPEC(ID("1234", "php", "1234")), &user_host, REASON_USER_FOREIGN,
		"gid 1234" },
	{ "root asked of a user", SPEC(ID("0", "php", "0")), &user_host, REASON_USER_FOREIGN,
		"uid 0" },
};

static enum reason check(const struct policy_case *c, struct policy_order *ret, char text[160])
{
	struct pool_spec spec;

	T_ASSERT_ROW(c->name, pool_spec_parse(c->spec, c->size, &spec) == 0);
	enum reason reason = policy_check(&config, &spec, ret, text, 160);

	return reason ? reason : policy_check_identity(&config, c->host, ret, text, 160);
}

static void policy_check__each_row__its_reason_and_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct policy_order order;
		char text[160];

		T_ASSERT_ROW(cases[i].name, check(&cases[i], &order, text) == cases[i].reason);
		T_ASSERT_ROW(cases[i].name, strstr(text, cases[i].text) != NULL);
		T_ASSERT_ROW(cases[i].name, cases[i].reason != REASON_NONE || text[0] == '\0');
	}
}

static void policy_check__apache_unknown__its_floors_hold_too(void **state)
{
	static const struct policy_host host = { .is_privileged = true };
	static const struct policy_case c = { "apache", SPEC(ID("0", "php", "0")), &host,
		REASON_UID_FLOOR, "" };
	struct policy_order order;
	char text[160];

	(void)state;
	assert_int_equal(check(&c, &order, text), REASON_UID_FLOOR);
}

static void policy_check__keys_missing__defaults_of_the_configuration(void **state)
{
	struct policy_order order;
	char text[160];

	(void)state;
	assert_int_equal(check(&cases[0], &order, text), REASON_NONE);
	assert_ptr_equal(order.handler, &handlers[0]);
	assert_int_equal(order.uid, 1001);
	assert_int_equal(order.gid, 1001);
	assert_int_equal(order.children, 20);
	assert_int_equal(order.max_idle_s, 300);
	assert_int_equal(order.max_reqs, 10000);
	assert_int_equal(order.max_process_time_s, 301);
	assert_string_equal(order.path, "/default/bin");
	assert_string_equal(order.name, "-");
	assert_null(order.docroot);
	assert_null(order.phprc);
	assert_true(order.has_accept_notify);
	assert_false(order.has_coredump);
	assert_false(order.has_user_ini);
}

static void policy_check__keys_given__taken(void **state)
{
	static const struct policy_case c = { "all",
		SPEC("accept_notify=0\0children=7\0coredump=1\0docroot=/srv/a\0gid=1002\0handler=php\0"
		     "max_idle=0\0max_process_time=11\0max_reqs=12\0name=a.test\0path=/p\0phprc=/r\0"
		     "scope=user\0uid=1003\0user_ini=1"),
		&root_host, REASON_NONE, "" };
	struct policy_order order;
	char text[160];

	(void)state;
	assert_int_equal(check(&c, &order, text), REASON_NONE);
	assert_int_equal(order.uid, 1003);
	assert_int_equal(order.gid, 1002);
	assert_int_equal(order.children, 7);
	assert_int_equal(order.max_idle_s, 0);
	assert_int_equal(order.max_process_time_s, 11);
	assert_int_equal(order.max_reqs, 12);
	assert_string_equal(order.docroot, "/srv/a");
	assert_string_equal(order.name, "a.test");
	assert_string_equal(order.path, "/p");
	assert_string_equal(order.phprc, "/r");
	assert_false(order.has_accept_notify);
	assert_true(order.has_coredump);
	assert_true(order.has_user_ini);
}

static void policy_check__attributes__given_unset_or_of_the_configuration(void **state)
{
	static const struct policy_case c = { "all",
		SPEC("connection_pool=0\0gid=1002\0group=staff\0handler=php\0limit_as=unlimited\0"
		     "limit_cpu=9\0limit_memlock=\0limit_stack=1048576\0nice=-5\0oom_score_adj=\0"
		     "uid=1003"),
		&root_host, REASON_NONE, "" };
	struct policy_order order;
	char text[160];

	(void)state;
	assert_int_equal(check(&c, &order, text), REASON_NONE);
	assert_false(order.has_connection_pool);
	assert_string_equal(order.group, "staff");
	assert_int_equal(order.nice, -5);
	assert_int_equal(order.oom_score_adj, CONFIG_UNSET_INT);
	assert_true(order.limit[LIMIT_AS] == LIMIT_UNLIMITED);
	assert_true(order.limit[LIMIT_CPU] == 9);
	assert_true(order.limit[LIMIT_MEMLOCK] == LIMIT_UNSET);
	assert_true(order.limit[LIMIT_STACK] == 1048576);
	assert_true(order.limit[LIMIT_NPROC] == 40);
	assert_true(order.limit[LIMIT_NOFILE] == LIMIT_UNSET);
	assert_true(order.limit[LIMIT_CORE] == LIMIT_UNLIMITED);
	assert_int_equal(check(&cases[0], &order, text), REASON_NONE);
	assert_true(order.has_connection_pool);
	assert_null(order.group);
	assert_int_equal(order.nice, CONFIG_UNSET_INT);
	assert_int_equal(order.oom_score_adj, 100);
	assert_true(order.limit[LIMIT_CPU] == LIMIT_UNLIMITED);
	assert_true(order.limit[LIMIT_MEMLOCK] == 65536);
}

/* Whoever judges takes its bounds from one row, and defaults from another: they must not differ. */
static void config_table__keys_of_defaults_and_pools__same_bounds(void **state)
{
	size_t count;
	const struct config_key *table = config_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct config_key *d = &table[i];
		const struct config_key *p;

		if (d->section != CONFIG_SECTION_DEFAULTS || !d->spec)
			continue;
		p = config_find_spec(CONFIG_SECTION_POOL, d->spec);
		T_ASSERT_ROW(d->name, p != NULL);
		T_ASSERT_ROW(d->name, p->type == d->type && p->min == d->min && p->max == d->max);
		T_ASSERT_ROW(d->name, p->can_be_empty == d->can_be_empty);
		T_ASSERT_ROW(d->name, p->can_be_unlimited == d->can_be_unlimited);
		T_ASSERT_ROW(d->name, p->words == d->words);
	}
}

/* A group that was looked up is judged like one that Apache names, and told by its name. */
static void policy_check_identity__group_of_a_file__floor_holds(void **state)
{
	struct policy_order order = { .uid = 1001, .gid = 499, .group = "tty" };
	char text[160];

	(void)state;
	assert_int_equal(policy_check_identity(&config, &root_host, &order, text, sizeof(text)),
		REASON_GID_FLOOR);
	assert_string_equal(text, "gid 499 (group tty), gid_min 500");
	order.gid = 0;
	assert_int_equal(policy_check_identity(&config, &root_host, &order, text, sizeof(text)),
		REASON_GID_FLOOR);
	order.gid = 500;
	assert_int_equal(policy_check_identity(&config, &root_host, &order, text, sizeof(text)),
		REASON_NONE);
	assert_string_equal(text, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_check__each_row__its_reason_and_text),
		cmocka_unit_test(policy_check__apache_unknown__its_floors_hold_too),
		cmocka_unit_test(policy_check__keys_missing__defaults_of_the_configuration),
		cmocka_unit_test(policy_check__keys_given__taken),
		cmocka_unit_test(policy_check__attributes__given_unset_or_of_the_configuration),
		cmocka_unit_test(policy_check_identity__group_of_a_file__floor_holds),
		cmocka_unit_test(config_table__keys_of_defaults_and_pools__same_bounds),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
