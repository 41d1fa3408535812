/* SPDX-License-Identifier: Apache-2.0 */

/* The user's own file between a supervisor and shims that the test plays. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define SITE "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define ON   "stop_grace = 2s\ndefaults { children = 6 user_file = on }"
#define OFF  "stop_grace = 2s\ndefaults { children = 6 }"
#define MINE "children = 2\nenv = { \"A=1\" }\n"

static int world_setup(void **state)
{
	static struct world w;

	world_start(&w, ON, 0);
	w.pool = fake_shim_pool(&w.s, SITE);
	*state = &w;
	return 0;
}

/* One request to a parent that starts for it. */
static void ask(struct world *w, struct fake_lease *ret)
{
	uint32_t spawns = w->sv.spawns;

	fake_shim_lease(&w->s, w->pool, ret);
	assert_true(fake_shim_get(&w->s, ret, "x"));
	assert_int_equal(w->sv.spawns, spawns + 1);
}

static void serve(struct world *w)
{
	struct fake_lease l;

	ask(w, &l);
	assert_true(fake_shim_done(&w->s, &l));
}

/* Other settings of the administrator end the parent that runs; then the next one. */
static void serve_again(struct world *w)
{
	char config[256];
	uint32_t exits = w->sv.exits;
	struct fake_lease l;

	(void)snprintf(config, sizeof(config),
		"stop_grace = 2s\ndefaults { children = 6 user_file = on max_reqs = %u }",
		100 + exits);
	fake_supervisor_reload(&w->sv, config);
	fake_supervisor_until(&w->sv.exits, exits + 1);
	world_until_status(w, "\"state\":\"cold\"");
	ask(w, &l);
	/* a child of the one before could have taken it: one request, and no other */
	assert_false(fake_shim_done(&w->s, &l));
	fake_shim_return(&w->s, &l);
}

static void start__switched_off__nobody_asks(void **state)
{
	struct world *w = *state;

	w->sv.user_file = MINE;
	fake_supervisor_reload(&w->sv, OFF);
	serve(w);
	assert_int_equal(w->sv.readings, 0);
	assert_non_null(strstr(w->sv.spec, "\nchildren=6\n"));
	assert_true(world_has_status(w, "\"user_file\":\"\""));
}

static void start__file_there__part_of_the_specification(void **state)
{
	struct world *w = *state;

	w->sv.user_file = MINE;
	serve(w);
	assert_int_equal(w->sv.readings, 1);
	assert_non_null(strstr(w->sv.spec, "\nenv.A=1\n"));
	assert_non_null(strstr(w->sv.spec, "\nchildren=2\n"));
	assert_true(world_has_status(w, "\"children\":2"));
	assert_true(world_has_status(w, "\"user_file\":\"/home/one/.lsapid.conf\""));
	assert_true(world_has_status(w, "\"user_file_problem\":\"\""));
	/* gone again with the file */
	w->sv.user_file = NULL;
	serve_again(w);
	assert_null(strstr(w->sv.spec, "env.A="));
	assert_true(world_has_status(w, "\"children\":6"));
	assert_true(world_has_status(w, "\"user_file\":\"\""));
}

static void start__mistake__without_it_or_with_the_last_good_one(void **state)
{
	struct world *w = *state;

	w->sv.user_file = "children = 3\nhandler = php\n";
	serve(w);
	assert_non_null(strstr(w->sv.spec, "\nchildren=6\n"));
	assert_true(world_has_status(w, "/home/one/.lsapid.conf:2: no such option 'handler'"));
	assert_true(world_has_status(w, "\"user_file\":\"\""));
	w->sv.user_file = "children = 3\n";
	serve_again(w);
	assert_non_null(strstr(w->sv.spec, "\nchildren=3\n"));
	assert_true(world_has_status(w, "\"user_file_problem\":\"\""));
	w->sv.user_file = "children = 4\nchildren = x\n";
	serve_again(w);
	assert_non_null(strstr(w->sv.spec, "\nchildren=3\n"));
	assert_true(world_has_status(w, "conf:2: children is 'x'"));
	/* what the supervisor says about it */
	w->sv.user_file = "!is on fire";
	serve_again(w);
	assert_non_null(strstr(w->sv.spec, "\nchildren=3\n"));
	assert_true(world_has_status(
		w, "\"user_file_problem\":\"/home/one/.lsapid.conf: is on fire; \""));
}

/* The specification has a bound; who fills it up loses his own settings, not his site. */
static void start__more_than_fits__without_it(void **state)
{
	static char text[16384];
	struct world *w = *state;
	size_t used = (size_t)snprintf(text, sizeof(text), "children = 3\nenv = { ");

	for (size_t i = 0; i < 300; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "\"A%zu=1\", ", i);
	(void)snprintf(text + used, sizeof(text) - used, "\"B=1\" }\n");
	w->sv.user_file = text;
	serve(w);
	assert_non_null(strstr(w->sv.spec, "\nchildren=6\n"));
	assert_true(world_has_status(w, "has too many or too long settings"));
}

/* Granted before the file was known: one after another, and then no more than it says. */
static void start__more_connections_than_the_user_wants__served_then_shed(void **state)
{
	struct world *w = *state;
	struct fake_lease l[4];

	w->sv.user_file = MINE;
	w->sv.is_reader_mute = true;
	for (size_t i = 0; i < T_COUNT(l); i++) {
		fake_shim_lease(&w->s, w->pool, &l[i]);
		fake_shim_send_request(&l[i], "x");
	}
	fake_supervisor_until(&w->sv.readings, 1);
	assert_int_equal(w->sv.spawns, 0);
	fake_supervisor_answer_user_file(&w->sv);
	for (size_t i = 0; i < T_COUNT(l); i++)
		assert_true(fake_shim_read_response(&w->s, &l[i]));
	/* those that were accepted first are wanted back, and closed */
	assert_false(fake_shim_done(&w->s, &l[0]));
	fake_shim_return(&w->s, &l[0]);
	assert_false(fake_shim_done(&w->s, &l[1]));
	fake_shim_return(&w->s, &l[1]);
	assert_true(fake_shim_done(&w->s, &l[2]));
	world_until_status(w, "\"connections\":2,\"busy\":1");
}

static void retire__while_it_is_read__cold_without_a_start(void **state)
{
	struct world *w = *state;
	struct control_reject r;
	struct fake_lease l;

	w->sv.is_reader_mute = true;
	fake_shim_lease(&w->s, w->pool, &l);
	fake_shim_send_request(&l, "x");
	fake_supervisor_until(&w->sv.readings, 1);
	/* a reload meanwhile is none of its business: the SPAWN to come follows it */
	fake_supervisor_reload(&w->sv, ON "\nuid_min = 300");
	assert_true(world_has_status(w, "\"state\":\"starting\""));
	fake_supervisor_begin_stop(&w->sv, 5000);
	world_until_status(w, "\"state\":\"draining\"");
	fake_shim_ask(&w->s, w->pool, 0);
	assert_int_equal(fake_shim_take_reject(&w->s, &r), REASON_STOPPING);
	fake_supervisor_answer_user_file(&w->sv);
	assert_false(fake_shim_read_response(&w->s, &l));
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_UNUSED);
	fake_supervisor_end_stop(&w->sv);
	assert_int_equal(w->sv.spawns, 0);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WORLD(start__switched_off__nobody_asks),
		WORLD(start__file_there__part_of_the_specification),
		WORLD(start__mistake__without_it_or_with_the_last_good_one),
		WORLD(start__more_than_fits__without_it),
		WORLD(start__more_connections_than_the_user_wants__served_then_shed),
		WORLD(retire__while_it_is_read__cold_without_a_start),
	};

	return cmocka_run_group_tests_name("manager_own_file", tests, NULL, NULL);
}
