/* SPDX-License-Identifier: Apache-2.0 */

/* Starts from images, between a supervisor, shims and an administrator. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/manager/unborn.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define BASE "handler=php name=one.example uid=1001 gid=1001 scope=vhost "
#define SITE BASE "criu=on initial_start=2"

struct world {
	struct fake_supervisor sv;
	struct fake_shim s;
	struct fake_shim admin;
	uint32_t pool;
};

static char slow_start[] = "--slow-start=300";
static char slower_start[] = "--slow-start=1500";

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "stop_grace = 2s");
	fake_shim_hello(&w.s, w.sv.key);
	fake_shim_connect(&w.admin);
	w.sv.images_answer = "{}";
	fake_supervisor_say_criu(&w.sv, PRIV_CRIU_WORKS, "4.2");
	*state = &w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	fake_shim_bye(&w->s);
	fake_shim_bye(&w->admin);
	fake_supervisor_end(&w->sv);
	return 0;
}

static bool status_has(struct world *w, const char *part)
{
	uint32_t status;
	char *json = fake_shim_document(&w->s, CONTROL_STATUS, &status);
	bool has = strstr(json, part) != NULL;

	free(json);
	return has;
}

static void until_status(struct world *w, const char *part)
{
	uint32_t status;

	for (int ms = 0; !status_has(w, part); ms += 10) {
		if (ms > 5000)
			fail_msg("status never had %s: %s", part,
				fake_shim_document(&w->s, CONTROL_STATUS, &status));
		(void)poll(NULL, 0, 10);
	}
}

/* One request on a connection of its own, which is idle afterwards, or back in the pool. */
static void serve(struct world *w, struct fake_lease *l)
{
	fake_shim_lease(&w->s, w->pool, l);
	assert_true(fake_shim_get(&w->s, l, "x"));
	if (!fake_shim_done(&w->s, l))
		fake_shim_return(&w->s, l);
}

/* The pool runs and has served twice. */
static void warm_up(struct world *w, const char *spec, struct fake_lease *l)
{
	until_status(w, "\"state\":\"works\"");
	w->pool = fake_shim_pool(&w->s, spec);
	serve(w, l); /* the first request times the start: its connection comes back */
	serve(w, l);
}

/* What a criu command of an administrator gets. */
static void expect_answer(struct world *w, uint32_t error, const char *part)
{
	uint32_t status;
	char *json = fake_shim_take_document(&w->admin, &status);

	if (!strstr(json, part) || status != error)
		fail_msg("%u, not %u, or no %s in %s", status, error, part, json);
	free(json);
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
		until_status(w, state_part);
		w->pool = fake_shim_pool(&w->s, rows[i].spec);
		serve(w, &l);
		fake_supervisor_until(&w->sv.spawns, i + 1);
		T_ASSERT_ROW(rows[i].name, w->sv.spawn_flags == rows[i].flags);
	}
}

static void spawned__image_not_used__status_says_why(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.spawned_text = "php.ini has changed";
	warm_up(w, SITE, &l);
	until_status(w, "\"started\":\"cold\"");
	until_status(w, "\"image_dropped\":\"php.ini has changed\"");
	until_status(w, "\"cold_starts\":1,\"thawed_starts\":0");
	until_status(w, "\"cold_measured\":1,\"thawed_measured\":0");
}

static void spawned__thawed__not_frozen_again(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.thaws = true;
	warm_up(w, SITE, &l);
	until_status(w, "\"started\":\"thawed\"");
	until_status(w, "\"why_not\":\"thawed\"");
	until_status(w, "\"cold_starts\":0,\"thawed_starts\":1");
	until_status(w, "\"cold_measured\":0,\"thawed_measured\":1");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	expect_answer(w, EINVAL, "runs from the image");
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

	serve(w, &l);
	serve(w, &l);
	fake_supervisor_until(&w->sv.exits, exits + 1);
	ended_ns = clock_now_ns();
	while (clock_since_ns(ended_ns, clock_now_ns()) < UNBORN_FORMER_NS + 200 * NS_PER_MS)
		(void)poll(NULL, 0, 10);
}

static void auto__thawed_starts_are_not_faster__image_goes(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	until_status(w, "\"state\":\"works\"");
	w->pool = fake_shim_pool(&w->s, BASE "criu=auto initial_start=1 pgrp_max_reqs=2");
	w->sv.option = slow_start;
	live(w);
	until_status(w, "\"cold_measured\":1");
	w->sv.thaws = true;
	w->sv.option = slower_start;
	for (int i = 0; i < 5 && !status_has(w, "\"thawed_measured\":2"); i++) {
		/* one alone proves nothing */
		assert_true(status_has(w, "\"pays_not\":false"));
		live(w);
		assert_int_equal(w->sv.spawn_flags, PRIV_SPAWN_THAW);
	}
	fake_supervisor_until(&w->sv.images, 1);
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET);
	assert_string_equal(w->sv.images_name, "one.example");
	assert_true(status_has(w, "\"pays_not\":true"));
	w->sv.option = NULL;
	serve(w, &l);
	assert_int_equal(w->sv.spawn_flags, 0);
	assert_true(status_has(w, "\"why_not\":\"pays-not\""));
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
		cmocka_unit_test_setup_teardown(auto__thawed_starts_are_not_faster__image_goes,
			world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("manager_thaw", tests, NULL, NULL);
}
