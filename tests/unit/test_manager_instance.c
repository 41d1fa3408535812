/* SPDX-License-Identifier: Apache-2.0 */

/* An Apache has ended: which pools go with it, which stay, and what is under way. */

#include <string.h>
#include <unistd.h>

#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE  "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define OTHER "handler=php name=two.example uid=1001 gid=1001 scope=vhost"

#define FIRST  0x1111111111111111ULL
#define SECOND 0x2222222222222222ULL

struct world {
	struct fake_supervisor sv;
	struct fake_shim a, b; /* of the first instance, of the second */
};

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "");
	fake_shim_hello_of(&w.a, w.sv.key, FIRST);
	fake_shim_hello_of(&w.b, w.sv.key, SECOND);
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

/* A pool that runs, with an idle lease of this session. */
static void run(struct fake_shim *s, const char *spec, struct fake_lease *l)
{
	fake_shim_lease(s, fake_shim_pool(s, spec), l);
	assert_true(fake_shim_get(s, l, "x"));
	assert_true(fake_shim_done(s, l));
}

/* Whatever was sent before on other connections has been dealt with: one turn is one message. */
static void settle(struct world *w)
{
	for (int i = 0; i < 3; i++)
		(void)fake_shim_pool(&w->b, OTHER " children=7");
}

static void end__own_pools__retired(void **state)
{
	struct world *w = *state;
	struct fake_lease one, two;

	run(&w->a, SITE, &one);
	run(&w->b, OTHER, &two);
	fake_shim_say_end(w->sv.key, FIRST);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.retires, 1);
	assert_false(fake_shim_take(&w->a, &one));
	assert_true(fake_shim_take(&w->b, &two));
	assert_true(fake_shim_get(&w->b, &two, "still"));
}

static void end__session_gone_before__pools_are_known_all_the_same(void **state)
{
	struct world *w = *state;
	struct fake_lease one;

	run(&w->a, SITE, &one);
	(void)close(one.fd);
	fake_shim_bye(&w->a);
	settle(w);
	assert_int_equal(w->sv.retires, 0);
	fake_shim_say_end(w->sv.key, FIRST);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.retires, 1);
}

static void end__pool_of_two__stays_until_both_have_ended(void **state)
{
	struct world *w = *state;
	struct fake_lease mine, theirs;

	run(&w->a, SITE, &mine);
	run(&w->b, SITE, &theirs);
	fake_shim_say_end(w->sv.key, FIRST);
	settle(w);
	assert_int_equal(w->sv.retires, 0);
	fake_shim_say_end(w->sv.key, SECOND);
	fake_supervisor_until(&w->sv.retires, 1);
}

static void end__other_has_no_session_any_more__is_no_user(void **state)
{
	struct world *w = *state;
	struct fake_lease mine, theirs;

	run(&w->a, SITE, &mine);
	run(&w->b, SITE, &theirs);
	fake_shim_bye(&w->a); /* killed: it will not tell */
	(void)close(mine.fd);
	settle(w);
	fake_shim_say_end(w->sv.key, SECOND);
	fake_supervisor_until(&w->sv.retires, 1);
	(void)close(theirs.fd);
}

static void end__request_under_way__finishes(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	run(&w->a, SITE, &l);
	assert_true(fake_shim_take(&w->a, &l));
	fake_shim_send_request(&l, "sleep=300");
	fake_shim_say_end(w->sv.key, FIRST);
	fake_supervisor_until(&w->sv.retires, 1);
	assert_true(fake_shim_read_response(&w->a, &l));
	assert_false(fake_shim_done(&w->a, &l)); /* and no other is served by it */
	fake_shim_return(&w->a, &l);
	/* a process that has not ended yet is served by the next parent */
	fake_shim_lease(&w->a, fake_shim_pool(&w->a, SITE), &l);
	assert_true(fake_shim_get(&w->a, &l, "again"));
	fake_supervisor_until(&w->sv.spawns, 2);
}

static void end__twice_or_unknown__nothing(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	run(&w->b, SITE, &l);
	fake_shim_say_end(w->sv.key, 0x3333);
	fake_shim_say_end(w->sv.key, FIRST);
	fake_shim_say_end(w->sv.key, FIRST);
	settle(w);
	assert_int_equal(w->sv.retires, 0);
}

static void end__wrong_key__denied(void **state)
{
	struct world *w = *state;
	struct control_terminate end = { .instance = FIRST };
	uint8_t data[CONTROL_MAX_MESSAGE];
	struct control_denied denied;
	struct fake_lease l;
	struct fake_shim s;
	ssize_t n;

	run(&w->a, SITE, &l);
	fake_shim_connect(&s);
	fake_shim_send(&s, data, control_encode_terminate(data, sizeof(data), 9, &end));
	n = read(s.sock, data, sizeof(data));
	assert_true(n > 0);
	assert_int_equal(control_decode_denied(data, (size_t)n, &denied), 0);
	assert_int_equal(denied.reason, REASON_BAD_KEY);
	assert_true(fake_shim_is_dropped(&s));
	fake_shim_bye(&s);
	assert_int_equal(w->sv.retires, 0);
}

static void end__first_parent_not_asked_for__whoever_waits_is_served(void **state)
{
	static char slow[] = "--slow-start=300";
	struct world *w = *state;
	struct fake_lease l;

	w->sv.option = slow;
	fake_shim_lease(&w->a, fake_shim_pool(&w->a, SITE), &l);
	fake_shim_send_request(&l, "first");
	fake_shim_say_end(w->sv.key, FIRST);
	assert_true(fake_shim_read_response(&w->a, &l));
	w->sv.option = NULL;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(end__own_pools__retired),
		CASE(end__session_gone_before__pools_are_known_all_the_same),
		CASE(end__pool_of_two__stays_until_both_have_ended),
		CASE(end__other_has_no_session_any_more__is_no_user),
		CASE(end__request_under_way__finishes),
		CASE(end__twice_or_unknown__nothing),
		CASE(end__wrong_key__denied),
		CASE(end__first_parent_not_asked_for__whoever_waits_is_served),
	};

	return cmocka_run_group_tests_name("manager_instance", tests, NULL, NULL);
}
