/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <string.h>

#include "daemon/manager/effective.h"
#include "tests/support/t.h"

/* @entries: "key=value" strings, sorted, each ended by '\n' */
static void make(char *data, const char *entries, struct pool_spec *ret)
{
	size_t size = strlen(entries);

	for (size_t i = 0; i < size; i++)
		data[i] = entries[i];
	for (size_t i = 0; i < size; i++)
		data[i] = data[i] == '\n' ? '\0' : data[i];
	assert_int_equal(pool_spec_parse(data, size, ret), 0);
}

static void effective_read__rows__expected(void **state)
{
	static const struct {
		const char *entries;
		const char *what; /* NULL: usable */
		uint32_t children, idle_s;
	} rows[] = {
		{ "children=20\ngid=1\nhandler=php\npgrp_max_idle=30\nuid=2\n", NULL, 20, 30 },
		{ "children=3\ngid=1\nhandler=php\npgrp_max_idle=0\nuid=2\n", NULL, 3, 0 },
		{ "gid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\nuid=2\n", SPEC_PGRP_MAX_IDLE, 0, 0 },
		{ "gid=1\nuid=2\n", SPEC_HANDLER, 0, 0 },
		{ "gid=1\nhandler=php\n", SPEC_UID, 0, 0 },
		{ "handler=php\nuid=2\n", SPEC_GID, 0, 0 },
		{ "gid=1\nhandler=php\nuid=-1\n", SPEC_UID, 0, 0 },
		{ "gid=1\nhandler=php\nuid=4294967295\n", SPEC_UID, 0, 0 },
		{ "children=1\ngid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=10001\ngid=1\nhandler=php\nuid=2\n", SPEC_CHILDREN, 0, 0 },
		{ "children=3\ngid=1\nhandler=php\npgrp_max_idle=x\nuid=2\n", SPEC_PGRP_MAX_IDLE, 0,
			0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char data[256];
		const char *what = NULL;
		struct pool_spec spec;
		struct effective e = { .children = 0 };
		int r;

		make(data, rows[i].entries, &spec);
		r = effective_read(&spec, &e, &what);
		T_ASSERT_ROW(rows[i].entries, r == (rows[i].what != NULL));
		if (r) {
			T_ASSERT_ROW(rows[i].entries, strcmp(what, rows[i].what) == 0);
			continue;
		}
		T_ASSERT_ROW(rows[i].entries, e.uid == 2 && e.gid == 1);
		T_ASSERT_ROW(rows[i].entries, e.children == rows[i].children);
		T_ASSERT_ROW(rows[i].entries, e.pgrp_max_idle_s == rows[i].idle_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effective_read__rows__expected),
	};

	return cmocka_run_group_tests_name("effective", tests, NULL, NULL);
}
