/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>

#include "daemon/manager/start_queue.h"
#include "tests/support/t.h"

#define USERS 7
#define POOLS 100

struct crowd {
	struct start_queue q;
	struct start_line line[USERS];
	struct start_ticket ticket[USERS][POOLS];
};

static int crowd_setup(void **state)
{
	struct crowd *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	start_queue_init(&c->q);
	for (int i = 0; i < USERS; i++)
		start_line_init(&c->line[i]);
	*state = c;
	return 0;
}

static int crowd_teardown(void **state)
{
	free(*state);
	return 0;
}

static void add(struct crowd *c, int user, int pool)
{
	start_queue_add(&c->q, &c->line[user], &c->ticket[user][pool]);
}

static void start_queue_pop__one_user__in_order_of_coming(void **state)
{
	struct crowd *c = *state;

	for (int i = 0; i < 5; i++)
		add(c, 0, i);
	assert_int_equal(c->q.count, 5);
	for (int i = 0; i < 5; i++)
		assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][i]);
	assert_null(start_queue_pop(&c->q));
	assert_int_equal(c->q.count, 0);
}

static void start_queue_pop__hundred_pools_of_one__another_is_delayed_by_one(void **state)
{
	struct crowd *c = *state;

	for (int i = 0; i < POOLS; i++)
		add(c, 0, i);
	add(c, 1, 0);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[1][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][1]);
}

static void start_queue_pop__all_users__each_has_one_turn_a_round(void **state)
{
	struct crowd *c = *state;

	for (int user = 0; user < USERS; user++)
		for (int i = 0; i < POOLS; i++)
			add(c, user, i);
	for (int i = 0; i < POOLS; i++)
		for (int user = 0; user < USERS; user++)
			assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[user][i]);
}

static void start_queue_add__again_after_its_turn__behind_all_others(void **state)
{
	struct crowd *c = *state;

	add(c, 0, 0);
	add(c, 1, 0);
	add(c, 1, 1);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][0]);
	add(c, 0, 0);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[1][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[1][1]);
}

static void start_queue_remove__the_last_of_a_user__he_leaves_the_ring(void **state)
{
	struct crowd *c = *state;

	add(c, 0, 0);
	add(c, 1, 0);
	start_queue_remove(&c->q, &c->ticket[0][0]);
	start_queue_remove(&c->q, &c->ticket[0][0]);
	assert_false(start_ticket_is_waiting(&c->ticket[0][0]));
	assert_int_equal(c->q.count, 1);
	assert_int_equal(c->q.ring.count, 1);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[1][0]);
	assert_null(start_queue_pop(&c->q));
}

static void start_queue_remove__one_of_several__the_others_keep_their_turn(void **state)
{
	struct crowd *c = *state;

	for (int i = 0; i < 3; i++)
		add(c, 0, i);
	add(c, 1, 0);
	start_queue_remove(&c->q, &c->ticket[0][1]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[1][0]);
	assert_ptr_equal(start_queue_pop(&c->q), &c->ticket[0][2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			start_queue_pop__one_user__in_order_of_coming, crowd_setup, crowd_teardown),
		cmocka_unit_test_setup_teardown(
			start_queue_pop__hundred_pools_of_one__another_is_delayed_by_one,
			crowd_setup, crowd_teardown),
		cmocka_unit_test_setup_teardown(
			start_queue_pop__all_users__each_has_one_turn_a_round, crowd_setup,
			crowd_teardown),
		cmocka_unit_test_setup_teardown(
			start_queue_add__again_after_its_turn__behind_all_others, crowd_setup,
			crowd_teardown),
		cmocka_unit_test_setup_teardown(
			start_queue_remove__the_last_of_a_user__he_leaves_the_ring, crowd_setup,
			crowd_teardown),
		cmocka_unit_test_setup_teardown(
			start_queue_remove__one_of_several__the_others_keep_their_turn, crowd_setup,
			crowd_teardown),
	};

	return cmocka_run_group_tests_name("start_queue", tests, NULL, NULL);
}
