/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/directive.h"

#include <string.h>

#include "proto/directive_foreign.h"

#include "tests/support/t.h"

static void table__each_row__complete_and_in_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIRECTIVE_COUNT; i++) {
		const struct directive *d = &directive_table[i];

		T_ASSERT_ROW(d->name, d->name && d->arguments && d->value && d->help);
		T_ASSERT_ROW(d->name, d->min <= d->fallback && d->fallback <= d->max);
		T_ASSERT_ROW(d->name, directive_find(d->name) == d);
	}
}

static void find__any_case__the_row_or_nothing(void **state)
{
	(void)state;
	assert_ptr_equal(directive_find("LSAPI_Engine"), &directive_table[DIRECTIVE_ID_ENGINE]);
	assert_ptr_equal(directive_find("lsapipath"), &directive_table[DIRECTIVE_ID_PATH_PATTERN]);
	assert_null(directive_find("lsapi_engin"));
	assert_null(directive_find(""));
}

static void foreign__each_row__complete_and_nobody_elses(void **state)
{
	(void)state;
	for (size_t i = 0; i < directive_foreign_count; i++) {
		const struct directive_foreign *d = &directive_foreign_table[i];

		T_ASSERT_ROW(d->name, d->module && d->help && !strchr(d->help, '\n'));
		T_ASSERT_ROW(d->name, directive_foreign_find(d->name) == d);
		T_ASSERT_ROW(d->name, !directive_find(d->name));
	}
	assert_int_equal(directive_foreign_find("rUIDgid")->effect, DIRECTIVE_ACTS);
	assert_int_equal(directive_foreign_find("FcgidWrapper")->effect, DIRECTIVE_REPLACED);
	assert_null(directive_foreign_find("lsapi_engine"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__each_row__complete_and_in_bounds),
		cmocka_unit_test(find__any_case__the_row_or_nothing),
		cmocka_unit_test(foreign__each_row__complete_and_nobody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
