/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/waitq.h"
#include "tests/support/t.h"

struct queue_world {
	struct waitq q;
	struct list session[2];
};

static int queue_setup(void **state)
{
	static struct queue_world w;

	waitq_init(&w.q);
	list_init(&w.session[0]);
	list_init(&w.session[1]);
	*state = &w;
	return 0;
}

static int queue_teardown(void **state)
{
	struct queue_world *w = *state;

	while (waitq_first(&w->q))
		waitq_remove(waitq_first(&w->q));
	waitq_deinit(&w->q);
	assert_int_equal(w->session[0].count + w->session[1].count, 0);
	return 0;
}

static void add(struct queue_world *w, unsigned session, uint32_t sequence, uint64_t until_ns)
{
	const struct waiter who = { .sequence = sequence, .until_ns = until_ns };

	assert_int_equal(waitq_add(&w->q, &w->session[session], &who), 0);
}

static void waitq_first__several__in_order_of_coming(void **state)
{
	struct queue_world *w = *state;

	assert_null(waitq_first(&w->q));
	for (uint32_t i = 1; i <= 5; i++)
		add(w, i % 2, i, 100 - i);
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(waitq_first(&w->q)->sequence, i);
		waitq_remove(waitq_first(&w->q));
	}
	assert_int_equal(waitq_count(&w->q), 0);
}

static void waitq_add__at_the_limit__refused(void **state)
{
	struct queue_world *w = *state;
	const struct waiter who = { .sequence = 1 };

	for (uint32_t i = 0; i < WAITQ_LIMIT; i++)
		add(w, 0, i, 1);
	assert_int_equal(waitq_add(&w->q, &w->session[0], &who), 1);
	assert_int_equal(waitq_count(&w->q), WAITQ_LIMIT);
}

static void waitq_find__same_sequence_of_another_session__not_found(void **state)
{
	struct queue_world *w = *state;

	add(w, 0, 7, 10);
	assert_null(waitq_find(&w->session[1], 7));
	assert_null(waitq_find(&w->session[0], 8));
	assert_ptr_equal(waitq_find(&w->session[0], 7), waitq_first(&w->q));
}

static void waitq_first_of__session_ends__only_its_waiters_go(void **state)
{
	struct queue_world *w = *state;
	struct waiter *one;

	for (uint32_t i = 1; i <= 6; i++)
		add(w, i % 2, i, 10);
	while ((one = waitq_first_of(&w->session[1])))
		waitq_remove(one);
	assert_int_equal(waitq_count(&w->q), 3);
	assert_int_equal(waitq_first(&w->q)->sequence, 2);
	assert_int_equal(w->session[0].count, 3);
}

static void waitq_expired__mixed_times__those_that_are_over(void **state)
{
	struct queue_world *w = *state;

	assert_int_equal(waitq_next_ns(&w->q), UINT64_MAX);
	add(w, 0, 1, 300);
	add(w, 0, 2, 100);
	add(w, 0, 3, 200);
	assert_int_equal(waitq_next_ns(&w->q), 100);
	assert_null(waitq_expired(&w->q, 99));
	assert_int_equal(waitq_expired(&w->q, 100)->sequence, 2);
	waitq_remove(waitq_expired(&w->q, 100));
	assert_int_equal(waitq_next_ns(&w->q), 200);
	assert_null(waitq_expired(&w->q, 199));
}

static void waitq_pop__and_back__first_again_and_no_longer_due_meanwhile(void **state)
{
	struct queue_world *w = *state;
	struct waiter *first;

	add(w, 0, 1, 100);
	add(w, 0, 2, 200);
	first = waitq_pop(&w->q);
	assert_int_equal(first->sequence, 1);
	assert_int_equal(waitq_count(&w->q), 1);
	assert_null(waitq_find(&w->session[0], 1));
	assert_int_equal(waitq_next_ns(&w->q), 200);
	waitq_unpop(&w->q, &w->session[0], first);
	assert_int_equal(waitq_next_ns(&w->q), 100);
	assert_ptr_equal(waitq_first(&w->q), first);
	assert_ptr_equal(waitq_find(&w->session[0], 1), first);
	waitq_free(waitq_pop(&w->q));
	assert_int_equal(waitq_count(&w->q), 1);
}

static void waitq_remove__nobody__nothing(void **state)
{
	(void)state;
	waitq_remove(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			waitq_first__several__in_order_of_coming, queue_setup, queue_teardown),
		cmocka_unit_test_setup_teardown(
			waitq_add__at_the_limit__refused, queue_setup, queue_teardown),
		cmocka_unit_test_setup_teardown(
			waitq_find__same_sequence_of_another_session__not_found, queue_setup,
			queue_teardown),
		cmocka_unit_test_setup_teardown(waitq_first_of__session_ends__only_its_waiters_go,
			queue_setup, queue_teardown),
		cmocka_unit_test_setup_teardown(waitq_expired__mixed_times__those_that_are_over,
			queue_setup, queue_teardown),
		cmocka_unit_test_setup_teardown(
			waitq_pop__and_back__first_again_and_no_longer_due_meanwhile, queue_setup,
			queue_teardown),
		cmocka_unit_test(waitq_remove__nobody__nothing),
	};

	return cmocka_run_group_tests_name("waitq", tests, NULL, NULL);
}
