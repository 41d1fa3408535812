/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_children.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

#define NONE CGROUP_UNLIMITED

/* behaviours.md B38, with and around its numbers */
static const struct {
	const char *row;
	uint64_t limit;
	uint32_t children;
	uint32_t lowered;
} rule[] = {
	{ "unlimited", NONE, 120, 120 },
	{ "far below", 10813, 120, 120 },
	{ "value < NPROC-1", 122, 120, 120 },
	{ "value = NPROC-1", 121, 120, 120 },
	{ "value = NPROC", 120, 120, 119 },
	{ "value > NPROC", 50, 120, 49 },
	{ "three", 3, 120, 2 },
	{ "as few as a pool can have", 2, 120, 2 },
	{ "one", 1, 120, 2 },
	{ "nothing at all", 0, 120, 2 },
	{ "large numbers", UINT32_MAX + 5ULL, 10000, 10000 },
};

static void lower__table__one_less_than_the_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rule); i++)
		T_ASSERT_ROW(rule[i].row,
			config_children_lower(rule[i].children, rule[i].limit) == rule[i].lowered);
}

static const struct settle_case {
	const char *row;
	const char *children; /* as config_explain() tells it */
	enum config_source source;
	bool is_written;
	const char *limit_nproc;
	uint64_t pids_max, nproc;
	uint32_t count;
	enum config_source from;
	uint64_t limit;
	enum config_source limit_from;
	bool contradict;
} settles[] = {
	{ "nobody says anything", "120", CONFIG_SOURCE_DOCUMENTED, false, "", NONE, NONE, 120,
		CONFIG_SOURCE_DOCUMENTED, NONE, CONFIG_SOURCE_NPROC, false },
	{ "pids.max", "120", CONFIG_SOURCE_DOCUMENTED, false, "", 50, NONE, 49,
		CONFIG_SOURCE_PIDS_MAX, 50, CONFIG_SOURCE_PIDS_MAX, false },
	{ "pids.max in the place of RLIMIT_NPROC", "120", CONFIG_SOURCE_DOCUMENTED, false, "30", 50,
		20, 49, CONFIG_SOURCE_PIDS_MAX, 50, CONFIG_SOURCE_PIDS_MAX, false },
	{ "pids.max that is enough", "120", CONFIG_SOURCE_DOCUMENTED, false, "", 10813, 20, 120,
		CONFIG_SOURCE_DOCUMENTED, 10813, CONFIG_SOURCE_PIDS_MAX, false },
	{ "RLIMIT_NPROC that is inherited", "120", CONFIG_SOURCE_DOCUMENTED, false, "", NONE, 20,
		19, CONFIG_SOURCE_NPROC, 20, CONFIG_SOURCE_NPROC, false },
	{ "limit_nproc of the pool", "120", CONFIG_SOURCE_DOCUMENTED, false, "30", NONE, 20, 29,
		CONFIG_SOURCE_NPROC, 30, CONFIG_SOURCE_NPROC, false },
	{ "limit_nproc takes it away", "120", CONFIG_SOURCE_DOCUMENTED, false, "unlimited", NONE,
		20, 120, CONFIG_SOURCE_DOCUMENTED, NONE, CONFIG_SOURCE_NPROC, false },
	{ "a default below children_max", "100", CONFIG_SOURCE_CAP, false, "", 50, NONE, 49,
		CONFIG_SOURCE_PIDS_MAX, 50, CONFIG_SOURCE_PIDS_MAX, false },
	{ "a directive is kept", "60", CONFIG_SOURCE_DIRECTIVE, true, "", 50, NONE, 60,
		CONFIG_SOURCE_DIRECTIVE, 50, CONFIG_SOURCE_PIDS_MAX, true },
	{ "a pool file is kept", "50", CONFIG_SOURCE_POOL_FILE, true, "", 50, NONE, 50,
		CONFIG_SOURCE_POOL_FILE, 50, CONFIG_SOURCE_PIDS_MAX, true },
	{ "a directive that fits", "49", CONFIG_SOURCE_DIRECTIVE, true, "", 50, NONE, 49,
		CONFIG_SOURCE_DIRECTIVE, 50, CONFIG_SOURCE_PIDS_MAX, false },
	{ "an account for no pool", "120", CONFIG_SOURCE_DOCUMENTED, false, "", 1, NONE, 2,
		CONFIG_SOURCE_PIDS_MAX, 1, CONFIG_SOURCE_PIDS_MAX, true },
};

static struct config_children settle(const struct settle_case *c)
{
	const struct config_setting other = { .key = "max_idle", .value = "7" };
	const struct config_setting nproc = { .key = SPEC_LIMIT_NPROC, .value = c->limit_nproc };
	const struct config_setting children = {
		.key = SPEC_CHILDREN,
		.value = c->children,
		.source = c->source,
	};
	const struct config_account account = { .pids_max = c->pids_max, .nproc = c->nproc };
	struct config_children k = { .count = 0 };

	config_children_see(&k, &nproc);
	config_children_see(&k, &other);
	config_children_see(&k, &children);
	config_children_settle(&k, c->is_written, &account);
	return k;
}

static void settle__table__count_and_its_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(settles); i++) {
		const struct settle_case *c = &settles[i];
		const struct config_children k = settle(c);

		T_ASSERT_ROW(c->row, k.count == c->count);
		T_ASSERT_ROW(c->row, k.source == c->from);
		T_ASSERT_ROW(c->row, k.process_limit == c->limit);
		T_ASSERT_ROW(c->row, k.process_source == c->limit_from);
		T_ASSERT_ROW(c->row, config_children_contradict(&k) == c->contradict);
	}
}

/* The specification stays what a checked one is: sorted, whole, with the lower number. */
static void write__lowered__in_the_specification(void **state)
{
	static const uint32_t counts[] = { 119, 99, 10, 9, 2 };
	static const char entries[] = "a=1\0children=120\0gid=7\0uid=8";

	(void)state;
	for (size_t i = 0; i < T_COUNT(counts); i++) {
		const struct config_children k = {
			.count = counts[i],
			.source = CONFIG_SOURCE_PIDS_MAX,
		};
		char data[sizeof(entries)];
		struct pool_spec spec, again;
		uint64_t value = 0;

		memcpy(data, entries, sizeof(entries));
		assert_int_equal(pool_spec_parse(data, sizeof(entries), &spec), 0);
		config_children_write(&k, data, &spec);
		assert_int_equal(pool_spec_parse(spec.data, spec.size, &again), 0);
		assert_int_equal(again.count, 4);
		assert_int_equal(
			pool_spec_get_uint(&again, SPEC_CHILDREN, 0, UINT32_MAX, &value), 0);
		assert_int_equal(value, counts[i]);
		assert_string_equal(pool_spec_get(&again, "a"), "1");
		assert_string_equal(pool_spec_get(&again, "gid"), "7");
		assert_string_equal(pool_spec_get(&again, "uid"), "8");
	}
}

static void write__not_lowered__same_bytes(void **state)
{
	const struct config_children k = { .count = 5, .source = CONFIG_SOURCE_POOL_FILE };
	char data[] = "children=120";
	struct pool_spec spec;

	(void)state;
	assert_int_equal(pool_spec_parse(data, sizeof(data), &spec), 0);
	config_children_write(&k, data, &spec);
	assert_int_equal(spec.size, sizeof(data));
	assert_string_equal(data, "children=120");
}

static void is_written__each_who_may__seen(void **state)
{
	struct config_entry entry = {
		.key = (char[]){ "children" },
		.value = (char[]){ "5" },
	};
	const struct config_pool with = { .entries = &entry, .entry_count = 1 };
	const struct config_pool without = { .entry_count = 0 };
	const struct config plain = { .file = NULL };
	const struct config lined = { .defaults_line = { 7 } }; /* the first row */
	const struct config other = { .defaults_line = { 0, 7 } };
	char data[] = "gid=1\0uid=2", written[] = "children=3\0uid=2";
	struct pool_spec spec, directive;

	(void)state;
	assert_int_equal(pool_spec_parse(data, sizeof(data), &spec), 0);
	assert_int_equal(pool_spec_parse(written, sizeof(written), &directive), 0);
	assert_false(config_merge_is_written(&plain, NULL, &spec, SPEC_CHILDREN));
	assert_false(config_merge_is_written(&other, &without, &spec, SPEC_CHILDREN));
	assert_true(config_merge_is_written(&lined, NULL, &spec, SPEC_CHILDREN));
	assert_true(config_merge_is_written(&plain, &with, &spec, SPEC_CHILDREN));
	assert_true(config_merge_is_written(&plain, NULL, &directive, SPEC_CHILDREN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lower__table__one_less_than_the_limit),
		cmocka_unit_test(settle__table__count_and_its_origin),
		cmocka_unit_test(write__lowered__in_the_specification),
		cmocka_unit_test(write__not_lowered__same_bytes),
		cmocka_unit_test(is_written__each_who_may__seen),
	};

	return cmocka_run_group_tests_name("config_children", tests, NULL, NULL);
}
