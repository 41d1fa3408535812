/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/clock.h"
#include "daemon/manager/overdue.h"
#include "tests/support/t.h"

#define LIMIT (10 * NS_PER_S)
#define BEGIN (1000 * NS_PER_S)

static const struct overdue_figures busy = {
	.limit_ns = LIMIT,
	.since_ns = BEGIN,
	.is_busy = true,
	.has_pid = true,
};

static void assert_look(struct overdue *o, const struct overdue_figures *f, uint64_t now_ns,
	enum overdue_step step, uint64_t next_ns)
{
	uint64_t got_ns = 0;

	assert_int_equal(overdue_look(o, f, now_ns, &got_ns), step);
	assert_true(got_ns == next_ns);
}

static void look__request_in_time__again_at_its_limit(void **state)
{
	struct overdue o = { .since_ns = 0 };

	(void)state;
	assert_look(&o, &busy, BEGIN, OVERDUE_NONE, BEGIN + LIMIT);
	assert_look(&o, &busy, BEGIN + LIMIT - 1, OVERDUE_NONE, BEGIN + LIMIT);
}

static void look__idle__again_when_a_later_request_could_be_overdue(void **state)
{
	struct overdue_figures idle = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	idle.is_busy = false;
	assert_look(&o, &idle, BEGIN + 7, OVERDUE_NONE, BEGIN + 7 + LIMIT);
	/* also if it has been idle for long */
	assert_look(&o, &idle, BEGIN + 99 * LIMIT, OVERDUE_NONE, BEGIN + 100 * LIMIT);
}

static void look__overdue__term_kill_cut_and_no_more(void **state)
{
	uint64_t now = BEGIN + LIMIT;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	assert_look(&o, &busy, now, OVERDUE_TERM, now + OVERDUE_KILL_NS);
	assert_look(&o, &busy, now + 1, OVERDUE_NONE, now + OVERDUE_KILL_NS);
	now += OVERDUE_KILL_NS;
	assert_look(&o, &busy, now - 1, OVERDUE_NONE, now);
	assert_look(&o, &busy, now, OVERDUE_KILL, now + OVERDUE_CUT_NS);
	now += OVERDUE_CUT_NS;
	assert_look(&o, &busy, now - 1, OVERDUE_NONE, now);
	assert_look(&o, &busy, now, OVERDUE_CUT, UINT64_MAX);
	assert_look(&o, &busy, now + 99 * LIMIT, OVERDUE_NONE, UINT64_MAX);
}

static void look__late__still_one_step_at_a_time(void **state)
{
	uint64_t now = BEGIN + 50 * LIMIT;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	assert_look(&o, &busy, now, OVERDUE_TERM, now + OVERDUE_KILL_NS);
}

static void look__request_ended_after_term__the_next_has_its_whole_time(void **state)
{
	struct overdue_figures next = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	assert_look(&o, &busy, BEGIN + LIMIT, OVERDUE_TERM, BEGIN + LIMIT + OVERDUE_KILL_NS);
	next.since_ns = BEGIN + LIMIT + 5;
	assert_look(&o, &next, BEGIN + LIMIT + OVERDUE_KILL_NS, OVERDUE_NONE,
		BEGIN + LIMIT + 5 + LIMIT);
	next.is_busy = false;
	assert_look(&o, &next, BEGIN + 2 * LIMIT, OVERDUE_NONE, BEGIN + 3 * LIMIT);
	assert_int_equal(o.step, OVERDUE_NONE);
}

static void look__limit_lowered_meanwhile__counts_from_the_begin(void **state)
{
	struct overdue_figures f = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	assert_look(&o, &f, BEGIN + 1, OVERDUE_NONE, BEGIN + LIMIT);
	f.limit_ns = 2 * NS_PER_S;
	assert_look(
		&o, &f, BEGIN + 2 * NS_PER_S, OVERDUE_TERM, BEGIN + 2 * NS_PER_S + OVERDUE_KILL_NS);
}

static void look__pid_not_told__cut_at_once(void **state)
{
	struct overdue_figures f = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	f.has_pid = false;
	assert_look(&o, &f, BEGIN + LIMIT, OVERDUE_CUT, UINT64_MAX);
	assert_look(&o, &f, BEGIN + 2 * LIMIT, OVERDUE_NONE, UINT64_MAX);
}

/* PHP boots for longer than a request may run, or all children are busy with something else. */
static void look__waits_for_a_child__its_time_begins_when_it_is_read(void **state)
{
	struct overdue_figures f = busy;
	struct overdue o = { .since_ns = 0 };
	uint64_t now = BEGIN + LIMIT;

	(void)state;
	f.has_pid = false;
	f.is_unread = true;
	assert_look(&o, &f, now, OVERDUE_NONE, now + OVERDUE_UNREAD_NS);
	now += OVERDUE_UNREAD_NS; /* within the time that it was given: no look into its queue */
	f.is_unread = false;
	f.has_pid = true;
	assert_look(&o, &f, now, OVERDUE_NONE, now - OVERDUE_UNREAD_NS + LIMIT);
	now += LIMIT - OVERDUE_UNREAD_NS;
	assert_look(&o, &f, now, OVERDUE_TERM, now + OVERDUE_KILL_NS);
}

static void look__short_limit_and_unread__no_look_later_than_the_limit(void **state)
{
	struct overdue_figures f = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	f.has_pid = false;
	f.is_unread = true;
	f.limit_ns = NS_PER_S;
	assert_look(&o, &f, BEGIN + NS_PER_S, OVERDUE_NONE, BEGIN + 2 * NS_PER_S);
}

/* The holder writes the time: what is no time of the past must not make a deadline overflow. */
static void look__time_of_the_future__taken_for_now(void **state)
{
	struct overdue_figures f = busy;
	struct overdue o = { .since_ns = 0 };

	(void)state;
	f.since_ns = UINT64_MAX;
	assert_look(&o, &f, BEGIN, OVERDUE_NONE, BEGIN + LIMIT);
	assert_look(&o, &f, BEGIN + LIMIT, OVERDUE_NONE, BEGIN + 2 * LIMIT);
	f.since_ns = 0;
	assert_look(&o, &f, BEGIN, OVERDUE_TERM, BEGIN + OVERDUE_KILL_NS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(look__request_in_time__again_at_its_limit),
		cmocka_unit_test(look__idle__again_when_a_later_request_could_be_overdue),
		cmocka_unit_test(look__overdue__term_kill_cut_and_no_more),
		cmocka_unit_test(look__late__still_one_step_at_a_time),
		cmocka_unit_test(look__request_ended_after_term__the_next_has_its_whole_time),
		cmocka_unit_test(look__limit_lowered_meanwhile__counts_from_the_begin),
		cmocka_unit_test(look__pid_not_told__cut_at_once),
		cmocka_unit_test(look__waits_for_a_child__its_time_begins_when_it_is_read),
		cmocka_unit_test(look__short_limit_and_unread__no_look_later_than_the_limit),
		cmocka_unit_test(look__time_of_the_future__taken_for_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
