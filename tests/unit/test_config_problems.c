/* SPDX-License-Identifier: Apache-2.0 */

/* Problems of a configuration on their way from one process to the other. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/config_bundle.h"
#include "tests/support/t.h"

static struct config_problems unpack(const struct config_bundle *b, bool *ret_is_whole)
{
	struct config_problems list = { .item = NULL };

	*ret_is_whole = config_problems_unpack(b->data, b->size, &list);
	return list;
}

static void fill(char *out, size_t size, char c)
{
	memset(out, c, size - 1);
	out[size - 1] = '\0';
}

static void pack__longest_and_shortest__come_back(void **state)
{
	static struct config_problem longest, shortest = { .line = -1 };
	struct config_problems list = { .item = NULL }, back;
	struct config_bundle packed;
	bool is_whole;

	(void)state;
	longest.line = 2147483647;
	longest.is_kept = true;
	fill(longest.file, sizeof(longest.file), 'f');
	fill(longest.what, sizeof(longest.what), 'w');
	fill(longest.remedy, sizeof(longest.remedy), '\xff');
	config_problems_add(&list, &longest);
	config_problems_add(&list, &shortest);
	assert_int_equal(config_problems_pack(&list, &packed), 0);
	back = unpack(&packed, &is_whole);
	assert_true(is_whole);
	assert_int_equal(back.count, 2);
	assert_string_equal(back.item[0].file, longest.file);
	assert_string_equal(back.item[0].what, longest.what);
	assert_string_equal(back.item[0].remedy, longest.remedy);
	assert_int_equal(back.item[0].line, longest.line);
	assert_true(back.item[0].is_kept);
	assert_string_equal(back.item[1].what, "");
	assert_int_equal(back.item[1].line, -1);
	assert_false(back.item[1].is_kept);
	config_problems_deinit(&back);
	config_problems_deinit(&list);
	free(packed.data);
}

static void pack__as_many_as_there_may_be__come_back(void **state)
{
	struct config_problems list = { .item = NULL }, back;
	struct config_bundle packed;
	bool is_whole;

	(void)state;
	for (int i = 0; i < (int)CONFIG_MAX_PROBLEMS + 3; i++) {
		struct config_problem p = { .line = i };

		config_problems_add(&list, &p);
	}
	assert_int_equal(config_problems_pack(&list, &packed), 0);
	back = unpack(&packed, &is_whole);
	assert_true(is_whole);
	assert_int_equal(back.count, list.count);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(back.item[i].line, list.item[i].line);
	config_problems_deinit(&back);
	config_problems_deinit(&list);
	free(packed.data);
}

static void unpack__nothing__is_whole_and_empty(void **state)
{
	struct config_problems list = { .item = NULL };
	struct config_bundle packed;
	bool is_whole;

	(void)state;
	assert_int_equal(config_problems_pack(&list, &packed), 0);
	list = unpack(&packed, &is_whole);
	assert_true(is_whole);
	assert_int_equal(list.count, 0);
	config_problems_deinit(&list);
	free(packed.data);
}

/* Whatever is missing, or one byte too many. */
static void unpack__cut_or_longer__is_not_whole(void **state)
{
	struct config_problems list = { .item = NULL }, back;
	struct config_problem p = { .file = "/f", .line = 7, .what = "w", .remedy = "r" };
	struct config_bundle packed;
	char longer[64] = "";
	bool is_whole;

	(void)state;
	config_problems_add(&list, &p);
	assert_int_equal(config_problems_pack(&list, &packed), 0);
	assert_true(packed.size < sizeof(longer));
	memcpy(longer, packed.data, packed.size);
	for (size_t size = 0; size <= packed.size + 1; size++) {
		const struct config_bundle part = { .data = longer, .size = size };

		back = unpack(&part, &is_whole);
		assert_int_equal(is_whole, size == packed.size);
		config_problems_deinit(&back);
	}
	config_problems_deinit(&list);
	free(packed.data);
}

/* A count that no list has, and texts that are longer than their places. */
static void unpack__out_of_bounds__is_not_whole(void **state)
{
	static const struct {
		const char *name;
		unsigned char data[12];
	} rows[] = {
		{ "count", { 0xff, 0xff, 0xff, 0xff } },
		{ "text", { 1, 0, 0, 0, 0xff, 0xff, 0, 0, 'x', 'x', 'x', 'x' } },
	};
	bool is_whole;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char data[sizeof(rows[i].data)];
		const struct config_bundle b = { .data = data, .size = sizeof(data) };
		struct config_problems back;

		memcpy(data, rows[i].data, sizeof(data));
		back = unpack(&b, &is_whole);
		T_ASSERT_ROW(rows[i].name, !is_whole);
		config_problems_deinit(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pack__longest_and_shortest__come_back),
		cmocka_unit_test(pack__as_many_as_there_may_be__come_back),
		cmocka_unit_test(unpack__nothing__is_whole_and_empty),
		cmocka_unit_test(unpack__cut_or_longer__is_not_whole),
		cmocka_unit_test(unpack__out_of_bounds__is_not_whole),
	};

	return cmocka_run_group_tests_name("config_problems", tests, NULL, NULL);
}
