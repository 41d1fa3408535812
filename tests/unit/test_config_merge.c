/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_merge.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

static struct config_entry entries[] = {
	{ .key = (char[]){ "children" }, .value = (char[]){ "40" }, .line = 4 },
	{ .key = (char[]){ "handler" }, .value = (char[]){ "php8" }, .line = 5 },
	{ .key = (char[]){ "phprc" }, .value = (char[]){ "" }, .line = 6 },
	{ .key = (char[]){ "env.A" }, .value = (char[]){ "file" }, .line = 7 },
	{ .key = (char[]){ "env.C" }, .value = (char[]){ "new" }, .line = 8 },
};

static const struct config_pool pool = {
	.file = "/p/x.conf",
	.line = 2,
	.entries = entries,
	.entry_count = T_COUNT(entries),
};

static struct config_entry own_entries[] = {
	{ .key = (char[]){ "children" }, .value = (char[]){ "7" }, .line = 1 },
	{ .key = (char[]){ "max_idle" }, .value = (char[]){ "0" }, .line = 2 },
	{ .key = (char[]){ "pgrp_max_idle" }, .value = (char[]){ "20" }, .line = 3 },
	{ .key = (char[]){ "max_reqs" }, .value = (char[]){ "20000" }, .line = 4 },
	{ .key = (char[]){ "env.A" }, .value = (char[]){ "own" }, .line = 5 },
	{ .key = (char[]){ "env.D" }, .value = (char[]){ "own" }, .line = 6 },
	{ .key = (char[]){ "user_ini" }, .value = (char[]){ "1" }, .line = 7 },
};

/* What the user himself says. */
static const struct config_pool own = {
	.file = "/h/.lsapid.conf",
	.entries = own_entries,
	.entry_count = T_COUNT(own_entries),
};

/* lines are by row: children, max_idle, ..., in the order of the table */
static const struct config config = {
	.file = (char[]){ "/l.conf" },
	.defaults = {
		.children = 20,
		.max_idle_s = 300,
		.pgrp_max_idle_s = 30,
		.max_reqs = 10000,
		.max_process_time_s = 60,
		.path = (char[]){ "/bin" },
		.phprc = (char[]){ "/etc/php" },
		.children_max = 100,
		.has_accept_notify = true,
		.has_user_file = true,
	},
	.defaults_line = { 0, 12 },
};

static void make(const char *entries_text, char *data, struct pool_spec *ret)
{
	size_t size = strlen(entries_text);

	for (size_t i = 0; i < size; i++)
		data[i] = entries_text[i] == '\n' ? '\0' : entries_text[i];
	assert_int_equal(pool_spec_parse(data, size, ret), 0);
}

static const struct merge_case {
	const char *spec;
	const struct config_pool *pool;
	const char *key;
	const char *value;
	const char *origin;
} cases[] = {
	{ "uid=2\n", NULL, "children", "20", "default" },
	{ "uid=2\n", NULL, "max_idle", "300", "defaults /l.conf:12" },
	{ "max_idle=9\nuid=2\n", NULL, "max_idle", "9", "Apache" },
	{ "max_idle=9\nuid=2\n", &pool, "max_idle", "9", "Apache" },
	{ "children=30\nuid=2\n", &pool, "children", "40", "pool file /p/x.conf:4" },
	{ "children=300\nuid=2\n", NULL, "children", "100", "children_max" },
	{ "children=x\nuid=2\n", NULL, "children", "x", "Apache" },
	{ "handler=php\nuid=2\n", NULL, "handler", "php", "Apache" },
	{ "handler=php\nuid=2\n", &pool, "handler", "php8", "pool file /p/x.conf:5" },
	{ "uid=2\n", NULL, "phprc", "/etc/php", "default" },
	{ "uid=2\n", &pool, "phprc", "", "pool file /p/x.conf:6" },
	{ "uid=2\n", NULL, "accept_notify", "1", "default" },
	{ "accept_notify=0\nuid=2\n", NULL, "accept_notify", "0", "Apache" },
	{ "uid=2\n", NULL, "coredump", "0", "default" },
	{ "uid=2\n", NULL, "path", "/bin", "default" },
	{ "env.A=apache\nenv.B=b\nuid=2\n", &pool, "env.A", "file", "pool file /p/x.conf:7" },
	{ "env.A=apache\nenv.B=b\nuid=2\n", &pool, "env.B", "b", "Apache" },
	{ "env.A=apache\nenv.B=b\nuid=2\n", &pool, "env.C", "new", "pool file /p/x.conf:8" },
	{ "uid=2\n", &pool, "uid", "2", "Apache" },
};

/* The same with the user's own file. */
static const struct own_case {
	const char *spec;
	const struct config_pool *pool;
	const char *key;
	const char *value;
	const char *origin;
	const char *asked; /* what he gets this value instead of */
} own_cases[] = {
	{ "uid=2\n", NULL, "children", "7", "user file /h/.lsapid.conf:1", "" },
	{ "children=300\nuid=2\n", &pool, "children", "7", "user file /h/.lsapid.conf:1", "" },
	{ "children=7\nuid=2\n", NULL, "children", "7", "Apache", "" },
	{ "children=5\nuid=2\n", NULL, "children", "5", "Apache", "7" },
	{ "children=x\nuid=2\n", NULL, "children", "x", "Apache", "7" },
	{ "uid=2\n", NULL, "max_idle", "300", "defaults /l.conf:12", "0" },
	{ "max_idle=0\nuid=2\n", NULL, "max_idle", "0", "Apache", "" },
	{ "pgrp_max_idle=0\nuid=2\n", NULL, "pgrp_max_idle", "20", "user file /h/.lsapid.conf:3",
		"" },
	{ "pgrp_max_idle=19\nuid=2\n", NULL, "pgrp_max_idle", "19", "Apache", "20" },
	{ "uid=2\n", NULL, "max_reqs", "10000", "default", "20000" },
	{ "uid=2\n", NULL, "user_ini", "0", "default", "1" },
	{ "env.A=apache\nuid=2\n", NULL, "env.A", "apache", "Apache", "own" },
	{ "uid=2\n", &pool, "env.A", "file", "pool file /p/x.conf:7", "own" },
	{ "uid=2\n", NULL, "env.A", "own", "user file /h/.lsapid.conf:5", "" },
	{ "env.A=apache\nuid=2\n", &pool, "env.D", "own", "user file /h/.lsapid.conf:6", "" },
};

struct seen {
	const char *key;
	unsigned count;
	char origin[64];
	char value[64];
	char asked[64];
	char instead[64];
};

static void see(void *context, const struct config_setting *s)
{
	struct seen *seen = context;

	if (strcmp(s->key, seen->key) != 0)
		return;
	seen->count++;
	(void)snprintf(seen->value, sizeof(seen->value), "%s", s->value);
	(void)snprintf(seen->asked, sizeof(seen->asked), "%s", s->asked ? s->asked : "");
	(void)snprintf(seen->instead, sizeof(seen->instead), "%s%s%s",
		s->instead_of ? s->instead_of : "", s->instead_of ? " " : "",
		s->instead_of ? config_source_name(s->instead_source) : "");
	if (s->file)
		(void)snprintf(seen->origin, sizeof(seen->origin), "%s %s:%d",
			config_source_name(s->source), s->file, s->line);
	else
		(void)snprintf(
			seen->origin, sizeof(seen->origin), "%s", config_source_name(s->source));
}

/* Merged and explained: the same value, told once. */
static void check_case(
	const struct merge_case *m, const struct config_pool *user, const char *asked)
{
	char data[256], out[POOL_SPEC_MAX_BYTES];
	struct seen seen = { .key = m->key };
	struct pool_spec spec, merged, again;

	make(m->spec, data, &spec);
	assert_int_equal(config_merge(&config, m->pool, user, &spec, out, &merged), 0);
	assert_int_equal(pool_spec_parse(merged.data, merged.size, &again), 0);
	assert_string_equal(pool_spec_get(&merged, m->key), m->value);
	config_explain(&config, m->pool, user, &spec, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.value, m->value);
	assert_string_equal(seen.origin, m->origin);
	assert_string_equal(seen.asked, asked);
}

static void config_merge__rows__strongest_wins_and_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		check_case(&cases[i], NULL, "");
}

static void config_merge__user_file__only_tightens_and_adds(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(own_cases); i++) {
		const struct own_case *o = &own_cases[i];
		const struct merge_case m = { o->spec, o->pool, o->key, o->value, o->origin };

		check_case(&m, &own, o->asked);
	}
}

static void config_merge__twice__same_bytes(void **state)
{
	char data[256], one[POOL_SPEC_MAX_BYTES], two[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec, first, second;

	(void)state;
	make("children=3\nenv.A=b=c\ngid=1\nhandler=php\nuid=2\n", data, &spec);
	assert_int_equal(config_merge(&config, &pool, &own, &spec, one, &first), 0);
	assert_int_equal(config_merge(&config, &pool, &own, &first, two, &second), 0);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
}

/* Switched off for all, or by the pool file: not a word of it counts. */
static void config_merge__user_file_off__ignored(void **state)
{
	char key[] = "user_file", value[] = "0";
	struct config_entry off = { .key = key, .value = value };
	const struct config_pool closed = { .file = "/p/y", .entries = &off, .entry_count = 1 };
	struct config silent = config;
	char data[256], out[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec, merged;

	(void)state;
	make("uid=2\n", data, &spec);
	assert_int_equal(config_merge(&config, &closed, &own, &spec, out, &merged), 0);
	assert_string_equal(pool_spec_get(&merged, "children"), "20");
	assert_null(pool_spec_get(&merged, "env.D"));
	silent.defaults.has_user_file = false;
	assert_int_equal(config_merge(&silent, NULL, &own, &spec, out, &merged), 0);
	assert_string_equal(pool_spec_get(&merged, "children"), "20");
	value[0] = '1';
	assert_int_equal(config_merge(&silent, &closed, &own, &spec, out, &merged), 0);
	assert_string_equal(pool_spec_get(&merged, "children"), "7");
}

static void config_merge_cap__pool_file__stronger_than_defaults(void **state)
{
	struct config_pool raised = pool;
	struct config_setting origin;

	(void)state;
	assert_int_equal(config_merge_cap(&config, &pool, &origin), 100);
	assert_null(origin.file);
	raised.children_max = 500;
	raised.children_max_line = 9;
	assert_int_equal(config_merge_cap(&config, &raised, &origin), 500);
	assert_string_equal(origin.file, "/p/x.conf");
	assert_int_equal(origin.line, 9);
}

/* Who is overruled, and with what. */
static void config_explain__stronger_source__tells_what_it_replaces(void **state)
{
	static const struct {
		const char *spec;
		const struct config_pool *pool;
		const struct config_pool *user;
		const char *key;
		const char *instead;
	} rows[] = {
		{ "uid=2\n", NULL, NULL, "max_reqs", "" },
		{ "uid=2\n", NULL, NULL, "children", "" },
		{ "children=300\nuid=2\n", NULL, NULL, "children", "300 Apache" },
		{ "max_idle=9\nuid=2\n", NULL, NULL, "max_idle", "300 defaults" },
		{ "uid=2\n", NULL, &own, "pgrp_max_idle", "" },
		{ "children=300\nuid=2\n", NULL, &own, "children", "100 children_max" },
	};
	char data[256];

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct seen seen = { .key = rows[i].key };
		struct pool_spec spec;

		make(rows[i].spec, data, &spec);
		config_explain(&config, rows[i].pool, rows[i].user, &spec, see, &seen);
		T_ASSERT_ROW(seen.instead, strcmp(seen.instead, rows[i].instead) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_merge__rows__strongest_wins_and_is_told),
		cmocka_unit_test(config_merge__user_file__only_tightens_and_adds),
		cmocka_unit_test(config_merge__twice__same_bytes),
		cmocka_unit_test(config_merge__user_file_off__ignored),
		cmocka_unit_test(config_explain__stronger_source__tells_what_it_replaces),
		cmocka_unit_test(config_merge_cap__pool_file__stronger_than_defaults),
	};

	return cmocka_run_group_tests_name("config_merge", tests, NULL, NULL);
}
