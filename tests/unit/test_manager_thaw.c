/* SPDX-License-Identifier: Apache-2.0 */

/* Starts from images, between a supervisor, shims and an administrator. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/manager/unborn.h"
#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define BASE "handler=php name=one.example uid=1001 gid=1001 scope=vhost "
#define SITE BASE "criu=on initial_start=2"

static char slow_start[] = "--slow-start=300";
static char slower_start[] = "--slow-start=1500";

static int world_setup(void **state)
{
	static struct world w;

	world_start_frozen(&w, 0);
	*state = &w;
	return 0;
}

static void spawn__by_mode_and_host__may_be_thawed(void **state)
{
	static const struct {
		const char *name;
		const char *spec;
		enum priv_criu criu;
		uint32_t flags;
	} rows[] = {
		{ "on", BASE "criu=on initial_start=2", PRIV_CRIU_WORKS, PRIV_SPAWN_THAW },
		{ "auto", BASE "criu=auto initial_start=2", PRIV_CRIU_WORKS, PRIV_SPAWN_THAW },
		{ "off", BASE "criu=off initial_start=2", PRIV_CRIU_WORKS, 0 },
		{ "criu fails", BASE "criu=on initial_start=3", PRIV_CRIU_FAILS, 0 },
		{ "criu is off", BASE "criu=on initial_start=4", PRIV_CRIU_OFF, 0 },
	};
	struct world *w = *state;
	struct fake_lease l;

	for (uint32_t i = 0; i < T_COUNT(rows); i++) {
		char state_part[64];

		(void)snprintf(state_part, sizeof(state_part), "\"state\":\"%s\",\"version\"",
			rows[i].criu == PRIV_CRIU_WORKS   ? "works"
			: rows[i].criu == PRIV_CRIU_FAILS ? "fails"
							  : "off");
		fake_supervisor_say_criu(&w->sv, rows[i].criu, "why");
		world_until_status(w, state_part);
		w->pool = fake_shim_pool(&w->s, rows[i].spec);
		world_serve(w, &l);
		fake_supervisor_until(&w->sv.spawns, i + 1);
		T_ASSERT_ROW(rows[i].name, w->sv.spawn_flags == rows[i].flags);
	}
}

static void spawned__image_not_used__status_says_why(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.spawned_text = "php.ini has changed";
	world_warm_up(w, SITE, &l);
	world_until_status(w, "\"started\":\"cold\"");
	world_until_status(w, "\"image_dropped\":\"php.ini has changed\"");
	world_until_status(w, "\"cold_starts\":1,\"thawed_starts\":0");
	world_until_status(w, "\"cold_measured\":1,\"thawed_measured\":0");
}

static void spawned__thawed__not_frozen_again(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.thaws = true;
	world_warm_up(w, SITE, &l);
	world_until_status(w, "\"started\":\"thawed\"");
	world_until_status(w, "\"why_not\":\"thawed\"");
	world_until_status(w, "\"cold_starts\":0,\"thawed_starts\":1");
	world_until_status(w, "\"cold_measured\":0,\"thawed_measured\":1");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	world_expect_answer(w, EINVAL, "runs from the image");
}

static bool is_foreign(const struct world *w, const struct fake_lease *l)
{
	return atomic_load(&w->s.table->slot[l->slot].has_foreign_pid);
}

/* PHP that is thawed may answer before the supervisor has told that it is: what its child says. */
static void spawned__told_late__child_is_taken_for_one_of_an_image(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_warm_up(w, SITE, &l);
	assert_false(is_foreign(w, &l)); /* there was no image */
	world_until_status(w, "\"image_bytes\"");
	w->sv.holds_spawned = true;
	assert_int_equal(kill(w->sv.last_pid, SIGTERM), 0);
	fake_supervisor_until(&w->sv.exits, 1);
	fake_shim_lease(&w->s, w->pool, &l);
	fake_supervisor_until(&w->sv.spawns, 2);
	assert_true(fake_shim_get(&w->s, &l, "0"));
	assert_true(is_foreign(w, &l));
	/* the image was no good, and it was started as always */
	fake_supervisor_send(&w->sv, &w->sv.held, NULL);
	world_until_status(w, "\"cold_starts\":2,\"thawed_starts\":0");
	assert_false(is_foreign(w, &l));
}

/*
 * Each parent serves two requests, and is replaced. One that follows on another within
 * UNBORN_FORMER_NS is not timed: a child of the former one could have answered.
 */
static void live(struct world *w)
{
	uint32_t exits = w->sv.exits;
	struct fake_lease l;
	uint64_t ended_ns;

	world_serve(w, &l);
	world_serve(w, &l);
	fake_supervisor_until(&w->sv.exits, exits + 1);
	ended_ns = clock_now_ns();
	while (clock_since_ns(ended_ns, clock_now_ns()) < UNBORN_FORMER_NS + 200 * NS_PER_MS)
		(void)poll(NULL, 0, 10);
}

static void auto__thawed_starts_are_not_faster__image_goes(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_until_status(w, "\"state\":\"works\"");
	w->pool = fake_shim_pool(&w->s, BASE "criu=auto initial_start=1 pgrp_max_reqs=2");
	w->sv.option = slow_start;
	live(w);
	world_until_status(w, "\"cold_measured\":1");
	w->sv.thaws = true;
	w->sv.option = slower_start;
	for (int i = 0; i < 5 && !world_has_status(w, "\"thawed_measured\":2"); i++) {
		/* one alone proves nothing */
		assert_true(world_has_status(w, "\"pays_not\":false"));
		live(w);
		assert_int_equal(w->sv.spawn_flags, PRIV_SPAWN_THAW);
	}
	fake_supervisor_until(&w->sv.images, 1);
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET);
	assert_string_equal(w->sv.images_name, "one.example");
	assert_true(world_has_status(w, "\"pays_not\":true"));
	w->sv.option = NULL;
	world_serve(w, &l);
	assert_int_equal(w->sv.spawn_flags, 0);
	assert_true(world_has_status(w, "\"why_not\":\"pays-not\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			spawn__by_mode_and_host__may_be_thawed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			spawned__image_not_used__status_says_why, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			spawned__thawed__not_frozen_again, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			spawned__told_late__child_is_taken_for_one_of_an_image, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(auto__thawed_starts_are_not_faster__image_goes,
			world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("manager_thaw", tests, NULL, NULL);
}
