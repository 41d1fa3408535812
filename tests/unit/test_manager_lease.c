/* SPDX-License-Identifier: Apache-2.0 */

/* Leases, between a supervisor and shims that the test plays: who gets which connection. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
/** the same with room for two children */
#define SMALL SITE " children=2"

struct world {
	struct fake_supervisor sv;
	struct fake_shim a, b;
	uint32_t pool_a, pool_b; /* SMALL, as either of them knows it */
};

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "max_children_total = 4");
	fake_shim_hello(&w.a, w.sv.key);
	fake_shim_hello(&w.b, w.sv.key);
	w.pool_a = fake_shim_pool(&w.a, SMALL);
	w.pool_b = fake_shim_pool(&w.b, SMALL);
	*state = &w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	if (w->a.sock >= 0)
		fake_shim_bye(&w->a);
	if (w->b.sock >= 0)
		fake_shim_bye(&w->b);
	fake_supervisor_end(&w->sv);
	return 0;
}

/* As if it had been idle for two seconds: the time is the holder's to write. */
static void age(struct fake_shim *s, const struct fake_lease *l)
{
	atomic_store(&s->table->slot[l->slot].since_ns, clock_now_ns() - 2 * NS_PER_S);
}

static enum lease_state state_of(const struct fake_shim *s, const struct fake_lease *l)
{
	return lease_get_state(&s->table->slot[l->slot], l->generation);
}

/* The manager acts in its own time: wait for it, not for long. */
static void until_state(
	const struct fake_shim *s, const struct fake_lease *l, enum lease_state state)
{
	for (int ms = 0; state_of(s, l) != state; ms += 5) {
		assert_true(ms < 5000);
		(void)usleep(5000);
	}
}

/* A lease that has answered one request and is idle. */
static void lease_idle(struct fake_shim *s, uint32_t pool, struct fake_lease *l)
{
	fake_shim_lease(s, pool, l);
	assert_true(fake_shim_get(s, l, "warm"));
	assert_true(fake_shim_done(s, l));
}

static void lease__cold_pool__granted_at_once_and_kept(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	assert_int_equal(w->pool_a, w->pool_b);
	fake_shim_lease(&w->a, w->pool_a, &l);
	assert_int_equal(l.flags, CONTROL_GRANT_COLD | CONTROL_GRANT_FRESH);
	assert_true(fake_shim_get(&w->a, &l, "hello"));
	assert_non_null(strstr(w->a.body, "requests=1 query=hello"));
	assert_true(fake_shim_done(&w->a, &l));
	assert_true(fake_shim_take(&w->a, &l));
	assert_true(fake_shim_get(&w->a, &l, "again"));
	assert_non_null(strstr(w->a.body, "requests=2 query=again"));
	assert_int_equal(w->sv.spawns, 1);
	assert_non_null(strstr(w->sv.spec, "children=2\n"));
	assert_non_null(strstr(w->sv.spec, "max_reqs="));
}

static void lease__idle_for_long__revoked_for_another(void **state)
{
	struct world *w = *state;
	struct fake_lease mine, theirs;

	lease_idle(&w->a, w->pool_a, &mine);
	age(&w->a, &mine);
	fake_shim_lease(&w->b, w->pool_b, &theirs);
	assert_int_equal(theirs.flags, 0);
	assert_false(fake_shim_take(&w->a, &mine));
	assert_true(fake_shim_get(&w->b, &theirs, "mine"));
	assert_non_null(strstr(w->b.body, "requests=2 query=mine"));
	/* what the holder before noted has come along */
	assert_int_equal(atomic_load(&w->b.table->slot[theirs.slot].requests), 1);
}

static void lease__idle_just_now__another_child_instead(void **state)
{
	struct world *w = *state;
	struct fake_lease mine, theirs;

	lease_idle(&w->a, w->pool_a, &mine);
	fake_shim_lease(&w->b, w->pool_b, &theirs);
	assert_int_equal(theirs.flags & CONTROL_GRANT_FRESH, CONTROL_GRANT_FRESH);
	assert_true(fake_shim_take(&w->a, &mine));
	assert_true(fake_shim_get(&w->a, &mine, "still"));
	assert_true(fake_shim_get(&w->b, &theirs, "new"));
}

static void lease__at_the_limit__idle_is_revoked_busy_is_rejected(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two, three;
	struct control_reject r;

	lease_idle(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->b, w->pool_b, &two);
	fake_shim_lease(&w->b, w->pool_b, &three); /* there are two: the idle one changes hands */
	assert_false(fake_shim_take(&w->a, &one));
	assert_true(fake_shim_get(&w->b, &three, "third"));
	fake_shim_ask(&w->a, w->pool_a, 0);
	assert_int_equal(fake_shim_take_reject(&w->a, &r), REASON_BUSY);
	assert_int_equal(r.in_use, 2);
	assert_int_equal(r.limit, 2);
	assert_int_equal(r.queued, 0);
}

static void lease__host_is_full__rejected_as_such(void **state)
{
	struct world *w = *state;
	struct fake_lease l[4];
	uint32_t other = fake_shim_pool(&w->a, SITE " children=9");

	fake_shim_lease(&w->a, w->pool_a, &l[0]);
	for (int i = 1; i < 4; i++)
		fake_shim_lease(&w->a, other, &l[i]);
	fake_shim_ask(&w->a, w->pool_a, 0);
	assert_int_equal(fake_shim_take_reject(&w->a, NULL), REASON_HOST_FULL);
	fake_shim_close(&w->a, &l[3], CONTROL_CLOSE_UNUSED);
	fake_shim_lease(&w->a, w->pool_a, &l[3]);
}

/* Full, but not of work: whoever has been idle for longest makes room. */
static void lease__host_is_full_of_idle__oldest_of_another_pool_goes(void **state)
{
	struct world *w = *state;
	struct fake_lease busy, idle[3], mine;
	uint32_t other = fake_shim_pool(&w->a, SITE " children=9");

	fake_shim_lease(&w->a, other, &busy);
	for (int i = 0; i < 3; i++)
		fake_shim_lease(&w->a, other, &idle[i]);
	assert_true(fake_shim_get(&w->a, &busy, "keep"));
	for (int i = 0; i < 3; i++) {
		assert_true(fake_shim_get(&w->a, &idle[i], "x"));
		assert_true(fake_shim_done(&w->a, &idle[i]));
	}
	age(&w->a, &idle[1]);
	fake_shim_lease(&w->b, w->pool_b, &mine);
	assert_true(fake_shim_get(&w->b, &mine, "room"));
	assert_false(fake_shim_take(&w->a, &idle[1]));
	assert_true(fake_shim_take(&w->a, &idle[0]));
	assert_true(fake_shim_take(&w->a, &idle[2]));
	assert_true(fake_shim_get(&w->a, &busy, "undisturbed"));
	/* now it is full of work */
	fake_shim_ask(&w->b, w->pool_b, 0);
	assert_int_equal(fake_shim_take_reject(&w->b, NULL), REASON_HOST_FULL);
}

static void session_end__idle_and_busy__idle_lives_on_busy_is_closed(void **state)
{
	struct world *w = *state;
	struct fake_lease idle, busy, mine, more;

	lease_idle(&w->a, w->pool_a, &idle);
	fake_shim_lease(&w->a, w->pool_a, &busy);
	fake_shim_send_request(&busy, "sleep=10000");
	fake_shim_bye(&w->a);
	/* the end of the session and the question come on different sockets */
	do {
		fake_shim_ask(&w->b, w->pool_b, 1000);
		fake_shim_take_grant(&w->b, &mine);
	} while (mine.flags & CONTROL_GRANT_FRESH);
	assert_true(fake_shim_get(&w->b, &mine, "heir"));
	assert_non_null(strstr(w->b.body, "requests=2 query=heir"));
	assert_false(fake_shim_read_response(&w->b, &busy));
	fake_shim_lease(&w->b, w->pool_b, &more); /* the busy one counts no more */
	(void)close(busy.fd);
	(void)close(idle.fd);
}

static void queue__busy__served_in_order_by_return(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two, next;

	fake_shim_lease(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->a, w->pool_a, &two);
	fake_shim_ask(&w->b, w->pool_b, 5000);
	fake_shim_ask(&w->b, w->pool_b, 5000);
	assert_false(fake_shim_has_message(&w->b, 50));
	assert_true(fake_shim_get(&w->a, &one, "x"));
	assert_false(fake_shim_done(&w->a, &one)); /* it is wanted */
	fake_shim_return(&w->a, &one);
	fake_shim_take_grant(&w->b, &next);
	assert_true(fake_shim_get(&w->b, &next, "queued"));
	assert_non_null(strstr(w->b.body, "requests=2"));
	/* somebody else waits still, so this one is wanted too */
	until_state(&w->b, &next, LEASE_WANTED);
	assert_false(fake_shim_done(&w->b, &next));
	fake_shim_return(&w->b, &next);
	fake_shim_take_grant(&w->b, &next);
	/* and now nobody does */
	assert_true(fake_shim_get(&w->a, &two, "y"));
	until_state(&w->a, &two, LEASE_BUSY);
	assert_true(fake_shim_done(&w->a, &two));
}

static void queue__connection_closes__waiter_gets_a_new_one(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two, next;

	fake_shim_lease(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->a, w->pool_a, &two);
	fake_shim_ask(&w->b, w->pool_b, 5000);
	fake_shim_close(&w->a, &one, CONTROL_CLOSE_TIMEOUT);
	fake_shim_take_grant(&w->b, &next);
	assert_int_equal(next.flags & CONTROL_GRANT_FRESH, CONTROL_GRANT_FRESH);
	assert_true(fake_shim_get(&w->b, &next, "x"));
}

static void queue__time_is_over__rejected_and_nobody_wanted(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two;
	struct control_reject r;

	fake_shim_lease(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->a, w->pool_a, &two);
	fake_shim_ask(&w->b, w->pool_b, 30);
	assert_int_equal(fake_shim_take_reject(&w->b, &r), REASON_QUEUE_TIMEOUT);
	assert_int_equal(r.queued, 0);
	assert_true(fake_shim_get(&w->a, &one, "x"));
	assert_true(fake_shim_done(&w->a, &one));
}

static void queue__cancelled__nobody_wanted(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two;

	fake_shim_lease(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->a, w->pool_a, &two);
	fake_shim_ask(&w->b, w->pool_b, 5000);
	fake_shim_cancel(&w->b, w->b.sequence);
	/* an answer to b proves that its CANCEL was handled */
	assert_int_equal(fake_shim_pool(&w->b, SMALL), w->pool_b);
	assert_true(fake_shim_done(&w->a, &one));
	assert_false(fake_shim_has_message(&w->b, 20));
}

static void queue__session_ends__its_waiter_goes(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two;

	fake_shim_lease(&w->a, w->pool_a, &one);
	fake_shim_lease(&w->a, w->pool_a, &two);
	fake_shim_ask(&w->b, w->pool_b, 5000);
	assert_false(fake_shim_has_message(&w->b, 20));
	assert_int_equal(state_of(&w->a, &one), LEASE_WANTED);
	fake_shim_bye(&w->b);
	until_state(&w->a, &one, LEASE_BUSY);
	assert_true(fake_shim_done(&w->a, &one));
}

static void hangup__after_the_answer__lease_is_forgotten(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	fake_shim_lease(&w->a, w->pool_a, &l);
	assert_true(fake_shim_get(&w->a, &l, "last"));
	assert_true(fake_shim_done(&w->a, &l));
	until_state(&w->a, &l, LEASE_FREE);
	assert_false(fake_shim_take(&w->a, &l));
}

static void close__child_died__counted_and_replaced(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	uint32_t status;
	char *json;

	fake_shim_lease(&w->a, w->pool_a, &l);
	assert_false(fake_shim_get(&w->a, &l, "crash"));
	fake_shim_close(&w->a, &l, CONTROL_CLOSE_DIED);
	fake_shim_lease(&w->a, w->pool_a, &l);
	assert_true(fake_shim_get(&w->a, &l, "fine"));
	json = fake_shim_document(&w->b, CONTROL_STATUS, &status);
	assert_non_null(strstr(json, "\"deaths\":1"));
	assert_non_null(strstr(json, "\"died\":1"));
	assert_non_null(strstr(json, "\"connections\":1"));
	free(json);
}

static void close__twice_or_unknown__ignored(void **state)
{
	struct world *w = *state;
	struct fake_lease l, again, wrong = { .slot = 1000, .generation = 77, .fd = -1 };

	fake_shim_lease(&w->a, w->pool_a, &l);
	again = l;
	again.fd = -1;
	fake_shim_close(&w->a, &l, CONTROL_CLOSE_DONE);
	fake_shim_close(&w->a, &again, CONTROL_CLOSE_DONE);
	fake_shim_return(&w->a, &wrong);
	fake_shim_lease(&w->a, w->pool_a, &l);
	assert_true(fake_shim_get(&w->a, &l, "fine"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lease__cold_pool__granted_at_once_and_kept),
		CASE(lease__idle_for_long__revoked_for_another),
		CASE(lease__idle_just_now__another_child_instead),
		CASE(lease__at_the_limit__idle_is_revoked_busy_is_rejected),
		CASE(lease__host_is_full__rejected_as_such),
		CASE(lease__host_is_full_of_idle__oldest_of_another_pool_goes),
		CASE(session_end__idle_and_busy__idle_lives_on_busy_is_closed),
		CASE(queue__busy__served_in_order_by_return),
		CASE(queue__connection_closes__waiter_gets_a_new_one),
		CASE(queue__time_is_over__rejected_and_nobody_wanted),
		CASE(queue__cancelled__nobody_wanted),
		CASE(queue__session_ends__its_waiter_goes),
		CASE(hangup__after_the_answer__lease_is_forgotten),
		CASE(close__child_died__counted_and_replaced),
		CASE(close__twice_or_unknown__ignored),
	};

	return cmocka_run_group_tests_name("manager_lease", tests, NULL, NULL);
}
