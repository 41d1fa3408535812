/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/accounts.h"

#include "tests/support/t.h"

static void accounts_name__known_and_unknown__name_or_null_also_the_second_time(void **state)
{
	struct accounts a;
	const char *first;

	(void)state;
	accounts_init(&a);
	first = accounts_name(&a, 0);
	assert_string_equal(first, "root");
	assert_ptr_equal(accounts_name(&a, 0), first);
	assert_null(accounts_name(&a, 3999999999U));
	assert_null(accounts_name(&a, 3999999999U));
	assert_int_equal(a.by_uid.count, 2);
	accounts_deinit(&a);
	assert_string_equal(accounts_name(&a, 0), "root");
	accounts_deinit(&a);
}

static void accounts_find_uid__known_and_unknown__uid_or_nothing(void **state)
{
	uid_t uid = 77;

	(void)state;
	assert_false(accounts_find_uid("no-such-account-here", &uid));
	assert_false(accounts_find_uid("", &uid));
	assert_int_equal(uid, 77);
	assert_true(accounts_find_uid("root", &uid));
	assert_int_equal(uid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			accounts_name__known_and_unknown__name_or_null_also_the_second_time),
		cmocka_unit_test(accounts_find_uid__known_and_unknown__uid_or_nothing),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
