/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/users.h"
#include "tests/support/t.h"

static void users_ref__pools_of_one_uid__one_user(void **state)
{
	struct users us;
	struct user *a, *b, *other;

	(void)state;
	users_init(&us);
	assert_int_equal(users_ref(&us, 1001, &a), 0);
	assert_int_equal(users_ref(&us, 1001, &b), 0);
	assert_int_equal(users_ref(&us, 0, &other), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, other);
	assert_int_equal(a->uid, 1001);
	assert_int_equal(a->pools, 2);
	assert_null(users_unref(&us, a));
	assert_int_equal(b->pools, 1);
	assert_null(users_unref(&us, b));
	assert_null(users_unref(&us, other));
	assert_int_equal(us.by_uid.count, 0);
	users_deinit(&us);
}

static void users_unref__nobody__nothing(void **state)
{
	struct users us;

	(void)state;
	users_init(&us);
	assert_null(users_unref(&us, NULL));
	users_deinit(&us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_ref__pools_of_one_uid__one_user),
		cmocka_unit_test(users_unref__nobody__nothing),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
