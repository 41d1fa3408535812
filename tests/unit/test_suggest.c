/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/suggest.h"

#include <string.h>

#include "tests/support/t.h"

static void distance__known_pairs__as_counted_by_hand(void **state)
{
	(void)state;
	assert_int_equal(suggest_distance("", ""), 0);
	assert_int_equal(suggest_distance("ab", ""), 2);
	assert_int_equal(suggest_distance("", "ab"), 2);
	assert_int_equal(suggest_distance("", "abc"), SUGGEST_FAR);
	assert_int_equal(suggest_distance("abc", "ABC"), 0);
	assert_int_equal(suggest_distance("abcd", "abdc"), 1);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
	assert_int_equal(suggest_distance("ab", "ba"), 1);
	/* a name of a stranger may be of any length */
	char name[SUGGEST_MAX_NAME + 2];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(suggest_distance(name, "x"), SUGGEST_FAR);
	assert_int_equal(suggest_distance("x", name), SUGGEST_FAR);
	assert_int_equal(suggest_distance(name + 1, name + 3), 2);
	assert_null(suggest_directive(name));
	assert_null(suggest_directive(name + 1));
}

static void directive__mistakes_that_are_made__what_was_meant(void **state)
{
	static const struct {
		const char *name;
		const char *meant;
	} rows[] = {
		{ "lsapi_engin", "lsapi_engine" },
		{ "lsapi_backend_prgrp_max_reqs", "lsapi_backend_pgrp_max_reqs" },
		{ "lsapi_prgrp_max_idle", "lsapi_backend_pgrp_max_idle" },
		{ "lsapi_max_idle", "lsapi_backend_max_idle" },
		{ "lsapi_mod_php_behavior", "lsapi_mod_php_behaviour" },
		{ "php_vlaue", "php_value" },
		{ "lsapi_something_else_altogether", NULL },
		{ "php_", NULL },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const char *meant = suggest_directive(rows[i].name);

		T_ASSERT_ROW(rows[i].name, !meant == !rows[i].meant);
		if (meant)
			T_ASSERT_ROW(meant, strcmp(meant, rows[i].meant) == 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance__known_pairs__as_counted_by_hand),
		cmocka_unit_test(directive__mistakes_that_are_made__what_was_meant),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
