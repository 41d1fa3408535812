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

struct seen {
	const char *key;
	unsigned count;
	char origin[64];
	char value[64];
};

static void see(void *context, const struct config_setting *s)
{
	struct seen *seen = context;

	if (strcmp(s->key, seen->key) != 0)
		return;
	seen->count++;
	(void)snprintf(seen->value, sizeof(seen->value), "%s", s->value);
	if (s->file)
		(void)snprintf(seen->origin, sizeof(seen->origin), "%s %s:%d",
			config_source_name(s->source), s->file, s->line);
	else
		(void)snprintf(
			seen->origin, sizeof(seen->origin), "%s", config_source_name(s->source));
}

static void config_merge__rows__strongest_wins_and_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct merge_case *m = &cases[i];
		char data[256], out[POOL_SPEC_MAX_BYTES];
		struct seen seen = { .key = m->key };
		struct pool_spec spec, merged, again;

		make(m->spec, data, &spec);
		assert_int_equal(config_merge(&config, m->pool, &spec, out, &merged), 0);
		assert_int_equal(pool_spec_parse(merged.data, merged.size, &again), 0);
		assert_string_equal(pool_spec_get(&merged, m->key), m->value);
		config_explain(&config, m->pool, &spec, see, &seen);
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.value, m->value);
		assert_string_equal(seen.origin, m->origin);
	}
}

static void config_merge__twice__same_bytes(void **state)
{
	char data[256], one[POOL_SPEC_MAX_BYTES], two[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec, first, second;

	(void)state;
	make("children=3\nenv.A=b=c\ngid=1\nhandler=php\nuid=2\n", data, &spec);
	assert_int_equal(config_merge(&config, &pool, &spec, one, &first), 0);
	assert_int_equal(config_merge(&config, &pool, &first, two, &second), 0);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_merge__rows__strongest_wins_and_is_told),
		cmocka_unit_test(config_merge__twice__same_bytes),
		cmocka_unit_test(config_merge_cap__pool_file__stronger_than_defaults),
	};

	return cmocka_run_group_tests_name("config_merge", tests, NULL, NULL);
}
