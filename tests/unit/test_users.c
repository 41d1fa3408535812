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

struct crowd {
	struct users us;
	struct user *user[3];
	struct held_back pool[3][2];
};

static int crowd_setup(void **state)
{
	static struct crowd c;

	c = (struct crowd){ .user = { NULL } };
	users_init(&c.us);
	for (uid_t i = 0; i < T_COUNT(c.user); i++)
		assert_int_equal(users_ref(&c.us, 1000 + i, &c.user[i]), 0);
	*state = &c;
	return 0;
}

static int crowd_teardown(void **state)
{
	struct crowd *c = *state;

	for (size_t i = 0; i < T_COUNT(c->user); i++) {
		users_let_go(&c->us, &c->pool[i][0]);
		users_let_go(&c->us, &c->pool[i][1]);
		while (c->user[i]->held)
			users_lose(&c->us, c->user[i]);
		(void)users_unref(&c->us, c->user[i]);
	}
	assert_int_equal(c->us.active, 0);
	users_deinit(&c->us);
	return 0;
}

static void hold_back(struct crowd *c, size_t user, size_t pool, uint64_t since_ns)
{
	users_hold_back(&c->us, &c->pool[user][pool], c->user[user], since_ns);
}

static void users_next__several_users__who_holds_least(void **state)
{
	struct crowd *c = *state;

	assert_null(users_next(&c->us));
	users_gain(&c->us, c->user[0]);
	hold_back(c, 0, 0, 1);
	hold_back(c, 1, 0, 9);
	assert_ptr_equal(users_next(&c->us), &c->pool[1][0]);
	users_gain(&c->us, c->user[1]);
	users_gain(&c->us, c->user[1]);
	assert_ptr_equal(users_next(&c->us), &c->pool[0][0]);
	users_lose(&c->us, c->user[1]);
	users_lose(&c->us, c->user[1]);
	assert_ptr_equal(users_next(&c->us), &c->pool[1][0]);
}

static void users_next__all_hold_the_same__who_came_first(void **state)
{
	struct crowd *c = *state;

	hold_back(c, 0, 0, 5);
	hold_back(c, 1, 0, 4);
	hold_back(c, 1, 1, 2);
	hold_back(c, 2, 0, 3);
	assert_ptr_equal(users_next(&c->us), &c->pool[1][1]);
	users_let_go(&c->us, &c->pool[1][1]);
	assert_ptr_equal(users_next(&c->us), &c->pool[2][0]);
	/* its first waiter was served: the next one came later */
	hold_back(c, 2, 0, 6);
	assert_ptr_equal(users_next(&c->us), &c->pool[1][0]);
}

static void users_active__holds_or_waits__counted_once(void **state)
{
	struct crowd *c = *state;

	users_gain(&c->us, c->user[0]);
	users_gain(&c->us, c->user[0]);
	hold_back(c, 0, 0, 1);
	hold_back(c, 1, 0, 1);
	hold_back(c, 1, 0, 2);
	assert_int_equal(c->us.active, 2);
	users_let_go(&c->us, &c->pool[1][0]);
	users_let_go(&c->us, &c->pool[1][0]);
	assert_int_equal(c->us.active, 1);
	users_lose(&c->us, c->user[0]);
	users_lose(&c->us, c->user[0]);
	assert_int_equal(c->us.active, 1);
	users_let_go(&c->us, &c->pool[0][0]);
	assert_int_equal(c->us.active, 0);
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
		cmocka_unit_test_setup_teardown(
			users_next__several_users__who_holds_least, crowd_setup, crowd_teardown),
		cmocka_unit_test_setup_teardown(
			users_next__all_hold_the_same__who_came_first, crowd_setup, crowd_teardown),
		cmocka_unit_test_setup_teardown(
			users_active__holds_or_waits__counted_once, crowd_setup, crowd_teardown),
		cmocka_unit_test(users_unref__nobody__nothing),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
