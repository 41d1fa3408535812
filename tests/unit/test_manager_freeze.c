/* SPDX-License-Identifier: Apache-2.0 */

/* Pools that are frozen, between a supervisor, shims and an administrator. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define BASE   "handler=php name=one.example uid=1001 gid=1001 scope=vhost "
#define SITE   BASE "criu=on initial_start=2"
#define APACHE 0x1111111111111111ULL

static char slow_start[] = "--slow-start=2000";

static int world_setup(void **state)
{
	static struct world w;

	world_start_frozen(&w, APACHE);
	*state = &w;
	return 0;
}

/* --- when --------------------------------------------------------------------------------- */

static void freeze__enough_requests_and_idle__once(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	world_until_status(w, "\"freezes\":1,\"freeze_ms\":123,\"image_bytes\":8388608");
	assert_true(world_has_status(w, "\"why_not\":\"frozen\""));
	/* nobody may hold a connection to what is frozen */
	assert_false(fake_shim_take(&w->s, &l));
	/* the parent goes on, and is not frozen again */
	world_serve(w, &l);
	world_serve(w, &l);
	assert_int_equal(w->sv.spawns, 1);
	assert_true(world_has_status(w, "\"why_not\":\"frozen\""));
	assert_int_equal(w->sv.freezes, 1);
}

static void freeze__too_few_requests__not(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_warm_up(w, BASE "criu=on initial_start=3", &l);
	assert_true(world_has_status(w, "\"served\":2"));
	assert_true(world_has_status(w, "\"why_not\":\"too-few\""));
}

static void freeze__a_request_works__not(void **state)
{
	struct world *w = *state;
	struct fake_lease l, busy;

	world_warm_up(w, SITE, &l);
	fake_shim_lease(&w->s, w->pool, &busy);
	assert_true(world_has_status(w, "\"why_not\":\"busy\""));
	/* an administrator is told, too */
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	world_expect_answer(w, EBUSY, "it is at work");
	assert_int_equal(w->sv.freezes, 0);
}

static void freeze__supervisor_finds_it_busy__tried_again(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = PRIV_FROZEN_BUSY;
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	w->sv.frozen = PRIV_FROZEN_DONE;
	fake_supervisor_until(&w->sv.freezes, 2);
	world_until_status(w, "\"freezes\":1,");
	assert_true(world_has_status(w, "\"freeze_failures\":0"));
}

static void freeze__fails__long_back_off_and_the_reason(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = PRIV_FROZEN_FAILED;
	w->sv.frozen_text = "seccomp";
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	world_until_status(w, "\"problem\":\"seccomp\"");
	assert_true(world_has_status(w, "\"why_not\":\"backing-off\""));
	assert_true(world_has_status(w, "\"retry_after_s\":2"));
	assert_true(world_has_status(w, "\"freeze_failures\":1"));
	world_serve(w, &l); /* it goes on */
	assert_int_equal(w->sv.spawns, 1);
	/* the back-off is for us; an administrator may try at once */
	w->sv.frozen = PRIV_FROZEN_DONE;
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	world_expect_answer(w, 0, "\"ms\":123,\"bytes\":8388608");
	assert_int_equal(w->sv.freezes, 2);
}

static void freeze__pool_is_to_end_idle__frozen_first(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = -1;
	world_warm_up(w, SITE " pgrp_max_idle=1", &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	assert_int_equal(w->sv.retires, 0);
	fake_supervisor_answer_freeze(&w->sv, PRIV_FROZEN_DONE, NULL);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.retires, 1);
	assert_int_equal(w->sv.freezes, 1);
}

/* --- who comes meanwhile ------------------------------------------------------------------ */

static void request__while_it_is_frozen__waits_and_is_served(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = -1;
	w->sv.option = slow_start; /* so long it may wait */
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	(void)kill(w->sv.last_pid, SIGSTOP);
	fake_shim_lease(&w->s, w->pool, &l);
	fake_shim_send_request(&l, "meanwhile");
	(void)kill(w->sv.last_pid, SIGCONT);
	fake_supervisor_answer_freeze(&w->sv, PRIV_FROZEN_DONE, NULL);
	assert_true(fake_shim_read_response(&w->s, &l));
	assert_int_equal(w->sv.spawns, 1);
	assert_true(w->sv.freeze_ms >= 2000);
	world_until_status(w, "\"freezes\":1,");
}

static void request__criu_takes_longer_than_a_start__another_parent(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	pid_t first;

	w->sv.frozen = -1;
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	first = w->sv.last_pid;
	(void)kill(first, SIGSTOP);
	fake_shim_lease(&w->s, w->pool, &l);
	fake_shim_send_request(&l, "too long");
	assert_true(fake_shim_read_response(&w->s, &l));
	fake_supervisor_until(&w->sv.spawns, 2);
	assert_int_equal(w->sv.spawns, 2);
	assert_int_equal(w->sv.spawn_flags, 0); /* its image is not whole yet */
	assert_int_equal(w->sv.retires, 1);
	assert_true(world_has_status(w, "waited for longer"));
	/* the first one may say what it likes by now */
	fake_supervisor_answer_freeze(&w->sv, PRIV_FROZEN_DONE, NULL);
	(void)kill(first, SIGCONT);
	fake_supervisor_until(&w->sv.exits, 1);
	fake_supervisor_until(&w->sv.spawns, 2);
	assert_int_equal(w->sv.spawns, 2);
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_DONE);
	world_serve(w, &l);
}

static void parent__ends_while_it_is_frozen__next_one_is_started(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = -1;
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	(void)kill(w->sv.last_pid, SIGKILL);
	fake_supervisor_until(&w->sv.exits, 1);
	world_until_status(w, "has ended meanwhile");
	/* an answer that comes all the same is of nobody */
	fake_supervisor_answer_freeze(&w->sv, PRIV_FROZEN_FAILED, "gone");
	world_serve(w, &l);
	fake_supervisor_until(&w->sv.spawns, 2);
	assert_int_equal(w->sv.spawns, 2);
}

static void stop__while_it_is_frozen__manager_ends(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = -1;
	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	fake_supervisor_stop(&w->sv, 5000);
	assert_int_equal(w->sv.exit_status, 0);
	assert_true(w->sv.is_stopped);
	assert_int_equal(w->sv.retires, 1);
}

/* --- administrators, and Apache ----------------------------------------------------------- */

static void freeze_command__idle_pool__done_at_once(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	char number[16];

	world_warm_up(w, BASE "criu=on initial_start=0", &l);
	assert_true(world_has_status(w, "\"why_not\":\"never\""));
	(void)snprintf(number, sizeof(number), "%u", w->pool);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, number);
	world_expect_answer(w, 0, "\"is_done\":true");
	assert_int_equal(w->sv.freezes, 1);
	assert_true(world_has_status(w, "\"freezes\":1,"));
}

static void freeze_command__can_not_be__says_why(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_until_status(w, "\"state\":\"works\"");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "nobody.example");
	world_expect_answer(w, ENOENT, "no pool");
	w->pool = fake_shim_pool(&w->s, SITE);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	world_expect_answer(w, EINVAL, "does not run");
	(void)fake_shim_pool(&w->s, SITE " children=7");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	world_expect_answer(w, ENOTUNIQ, "take the number");
	w->pool = fake_shim_pool(&w->s, "handler=php name=two.example uid=1 gid=1 criu=off");
	world_serve(w, &l);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "two.example");
	world_expect_answer(w, EINVAL, "criu is off");
	fake_supervisor_say_criu(&w->sv, PRIV_CRIU_FAILS, "kernel too new");
	world_until_status(w, "\"reason\":\"kernel too new\"");
	w->pool = fake_shim_pool(&w->s, SITE " children=8");
	world_serve(w, &l);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "3");
	world_expect_answer(w, EINVAL, "criu is off");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "4");
	world_expect_answer(w, ENOTSUP, "kernel too new");
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_CHECK, "");
	world_expect_answer(w, ENOTSUP, "\"remedy\":\"install");
	assert_int_equal(w->sv.freezes, 0);
}

static void freeze_command__parent_dies_meanwhile__told(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.frozen = -1;
	world_warm_up(w, SITE, &l);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_FREEZE, "one.example");
	fake_supervisor_until(&w->sv.freezes, 1);
	(void)kill(w->sv.last_pid, SIGKILL);
	world_expect_answer(w, EIO, "has ended meanwhile");
}

static void images_command__any__supervisors_answer(void **state)
{
	struct world *w = *state;

	w->sv.images_answer = "{\"images\":[]}";
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_LIST, "");
	world_expect_answer(w, 0, "\"answer\":{\"images\":[]}");
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_LIST);
	assert_string_equal(w->sv.images_name, "");
	/* of a pool that is not known */
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_RESET, "old.example");
	world_expect_answer(w, 0, "\"is_done\":true");
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET);
	assert_string_equal(w->sv.images_name, "old.example");
	w->sv.images_answer = "!the directory is not root's";
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_RESET_ALL, "");
	world_expect_answer(w, EIO, "the directory is not root's");
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET_ALL);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_CHECK, "");
	world_expect_answer(w, 0, "\"state\":\"works\"");
}

static void reset_command__frozen_pool__frozen_again(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_warm_up(w, SITE, &l);
	fake_supervisor_until(&w->sv.freezes, 1);
	fake_shim_ask_criu(&w->admin, CONTROL_CRIU_RESET, "1");
	world_expect_answer(w, 0, "\"is_done\":true");
	assert_string_equal(w->sv.images_name, "one.example");
	fake_supervisor_until(&w->sv.freezes, 2);
}

/* behaviours.md B66 */
static void apache_ends__image_is_to_go_with_it__removed(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	world_warm_up(w, SITE " criu_reset_on_restart=1", &l);
	(void)fake_shim_pool(&w->s, "handler=php name=two.example uid=1 gid=1 criu=on");
	(void)fake_shim_pool(&w->s,
		"handler=php name=three.example uid=1 gid=1 criu=on criu_reset_on_restart=1");
	fake_shim_say_end(w->sv.key, APACHE);
	fake_supervisor_until(&w->sv.images, 2);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.images, 2);
	assert_int_equal(w->sv.images_what, PRIV_IMAGES_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			freeze__enough_requests_and_idle__once, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze__too_few_requests__not, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze__a_request_works__not, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze__supervisor_finds_it_busy__tried_again, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze__fails__long_back_off_and_the_reason, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze__pool_is_to_end_idle__frozen_first, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(request__while_it_is_frozen__waits_and_is_served,
			world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			request__criu_takes_longer_than_a_start__another_parent, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(
			parent__ends_while_it_is_frozen__next_one_is_started, world_setup,
			world_teardown),
		cmocka_unit_test_setup_teardown(
			stop__while_it_is_frozen__manager_ends, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze_command__idle_pool__done_at_once, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze_command__can_not_be__says_why, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			freeze_command__parent_dies_meanwhile__told, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			images_command__any__supervisors_answer, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			reset_command__frozen_pool__frozen_again, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(
			apache_ends__image_is_to_go_with_it__removed, world_setup, world_teardown),
	};

	return cmocka_run_group_tests_name("manager_freeze", tests, NULL, NULL);
}
