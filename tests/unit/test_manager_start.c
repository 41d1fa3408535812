/* SPDX-License-Identifier: Apache-2.0 */

/* The life of a pool's parent, between a supervisor and shims that the test plays. */

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "tests/support/manager_world.h"
#include "tests/support/t.h"

#define SITE  "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define OTHER "handler=php name=two.example uid=1002 gid=1002 scope=vhost"

/* Options of fake_lsphp; not const, as execv() wants them. */
static char late_exit[] = "--late-exit=3";
static char slow_start[] = "--slow-start=200";
static char deaf[] = "--deaf";
static char say[] = "--say=hello from lsphp";

static int world_setup(void **state)
{
	static struct world w;

	world_start(&w, "max_concurrent_starts = 1\nstop_grace = 2s", 0);
	w.pool = fake_shim_pool(&w.s, SITE);
	*state = &w;
	return 0;
}

/* The request is in the hands of a child: nothing of it is unread. */
static void until_read(const struct fake_lease *l)
{
	int unread = 1;

	for (int ms = 0; unread; ms += 5) {
		assert_true(ms < 5000);
		(void)poll(NULL, 0, 5);
		assert_int_equal(ioctl(l->fd, SIOCOUTQ, &unread), 0);
	}
}

/* What waits in the backlog must learn by ECONNRESET that nobody has read its request. */
static void expect_unread(struct world *w, struct fake_lease *l)
{
	char byte;

	assert_int_equal(recv(l->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	fake_shim_close(&w->s, l, CONTROL_CLOSE_UNUSED);
}

static void start__refused__reset_then_rejected_with_the_reason(void **state)
{
	struct world *w = *state;
	struct control_reject r;
	struct fake_lease l;

	w->sv.refuse = REASON_UID_FLOOR;
	fake_shim_lease(&w->s, w->pool, &l);
	fake_supervisor_until(&w->sv.spawns, 1);
	world_until_status(w, "\"state\":\"failed\"");
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_UNUSED);
	fake_shim_ask(&w->s, w->pool, 1000);
	assert_int_equal(fake_shim_take_reject(&w->s, &r), REASON_UID_FLOOR);
	assert_int_equal(r.retry_after_s, 1);
	assert_true(r.text.size > 20);
	assert_true(world_has_status(w, "\"reason\":\"uid-floor\""));
}

static void start__exits_at_once__reset_backoff_then_tried_again(void **state)
{
	struct world *w = *state;
	struct control_reject r;
	struct fake_lease l;

	w->sv.option = late_exit;
	fake_shim_lease(&w->s, w->pool, &l);
	fake_shim_send_request(&l, "x");
	expect_unread(w, &l);
	fake_shim_ask(&w->s, w->pool, 0);
	assert_int_equal(fake_shim_take_reject(&w->s, &r), REASON_START_EXITED);
	assert_int_equal(r.retry_after_s, 1);
	assert_true(world_has_status(w, "exited with status 3"));
	w->sv.option = NULL;
	for (int ms = 0; !fake_shim_try(&w->s, w->pool, &l); ms += 20) { /* the back-off is 1 s */
		assert_true(ms < 5000);
		(void)poll(NULL, 0, 20);
	}
	assert_true(fake_shim_get(&w->s, &l, "better"));
}

static void parent_killed__ready__busy_finishes_and_next_lease_starts_again(void **state)
{
	struct world *w = *state;
	struct fake_lease busy, idle, next;

	fake_shim_lease(&w->s, w->pool, &busy);
	fake_shim_lease(&w->s, w->pool, &idle);
	assert_true(fake_shim_get(&w->s, &idle, "x"));
	assert_true(fake_shim_get(&w->s, &busy, "x"));
	assert_true(fake_shim_done(&w->s, &idle));
	fake_shim_send_request(&busy, "sleep=300");
	assert_int_equal(kill(w->sv.last_pid, SIGKILL), 0);
	fake_supervisor_until(&w->sv.exits, 1);
	world_until_status(w, "\"state\":\"cold\"");
	assert_false(fake_shim_take(&w->s, &idle));
	fake_shim_lease(&w->s, w->pool, &next);
	assert_true(fake_shim_get(&w->s, &next, "new"));
	fake_supervisor_until(&w->sv.spawns, 2); /* counted after it was started */
	assert_true(fake_shim_read_response(&w->s, &busy));
	assert_non_null(strstr(w->s.body, "sleep=300"));
}

/* Accepted by nobody when the parent dies: the next parent serves it, and nobody notices. */
static void parent_killed__request_in_the_backlog__served_by_the_next(void **state)
{
	struct world *w = *state;
	struct fake_lease first, waiting;

	fake_shim_lease(&w->s, w->pool, &first);
	assert_true(fake_shim_get(&w->s, &first, "x"));
	assert_true(fake_shim_done(&w->s, &first));
	assert_true(fake_shim_take(&w->s, &first));
	assert_int_equal(kill(w->sv.last_pid, SIGSTOP), 0);
	fake_shim_lease(&w->s, w->pool, &waiting);
	fake_shim_send_request(&waiting, "patient");
	assert_int_equal(kill(w->sv.last_pid, SIGKILL), 0);
	assert_true(fake_shim_read_response(&w->s, &waiting));
	assert_non_null(strstr(w->s.body, "requests=1 query=patient"));
	assert_int_equal(w->sv.spawns, 2);
	world_until_status(w, "\"state\":\"ready\"");
}

static void idle__long_enough__retired_and_started_again_on_demand(void **state)
{
	struct world *w = *state;
	uint32_t pool = fake_shim_pool(&w->s, SITE " pgrp_max_idle=1");
	struct fake_lease l;

	fake_shim_lease(&w->s, pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	assert_true(fake_shim_done(&w->s, &l));
	fake_supervisor_until(&w->sv.retires, 1);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_false(fake_shim_take(&w->s, &l));
	fake_shim_lease(&w->s, pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "warm again"));
	assert_int_equal(w->sv.spawns, 2);
}

static void idle__busy__stays(void **state)
{
	struct world *w = *state;
	uint32_t pool = fake_shim_pool(&w->s, SITE " pgrp_max_idle=1");
	struct fake_lease l;

	fake_shim_lease(&w->s, pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "sleep=1500"));
	assert_int_equal(w->sv.retires, 0);
	assert_true(fake_shim_done(&w->s, &l));
}

static void retiring__lease_comes__next_parent_serves_it(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	assert_true(fake_shim_done(&w->s, &l));
	assert_int_equal(kill(w->sv.last_pid, SIGSTOP), 0); /* it can not retire yet */
	fake_supervisor_reload(&w->sv, "defaults { max_reqs = 77 }");
	world_until_status(w, "\"state\":\"draining\"");
	fake_shim_lease(&w->s, w->pool, &l);
	assert_int_equal(l.flags, CONTROL_GRANT_COLD | CONTROL_GRANT_FRESH);
	fake_shim_send_request(&l, "between");
	assert_int_equal(w->sv.spawns, 1);
	assert_int_equal(kill(w->sv.last_pid, SIGCONT), 0);
	assert_true(fake_shim_read_response(&w->s, &l));
	assert_non_null(strstr(w->s.body, "between"));
	fake_supervisor_until(&w->sv.spawns, 2);
	assert_non_null(strstr(w->sv.spec, "max_reqs=77\n"));
}

static void reload__nothing_changes__pool_goes_on(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	assert_true(fake_shim_done(&w->s, &l));
	fake_supervisor_reload(&w->sv, "uid_min = 500");
	assert_true(fake_shim_take(&w->s, &l));
	assert_true(fake_shim_get(&w->s, &l, "y"));
	assert_int_equal(w->sv.retires, 0);
}

static void starts__more_than_allowed_at_once__one_after_another(void **state)
{
	struct world *w = *state;
	uint32_t other = fake_shim_pool(&w->s, OTHER);
	struct fake_lease one, two;

	w->sv.option = slow_start;
	fake_shim_lease(&w->s, w->pool, &one);
	fake_shim_lease(&w->s, other, &two);
	fake_shim_send_request(&one, "first");
	fake_shim_send_request(&two, "second");
	assert_true(fake_shim_read_response(&w->s, &one));
	assert_true(fake_shim_read_response(&w->s, &two));
	assert_int_equal(w->sv.spawns, 2);
	world_until_status(w, "\"starting\":0");
}

static void starts__first_is_slow__second_is_not_asked_for(void **state)
{
	struct world *w = *state;
	uint32_t other = fake_shim_pool(&w->s, OTHER);
	struct fake_lease one, two;

	w->sv.option = deaf;
	fake_shim_lease(&w->s, w->pool, &one);
	fake_shim_lease(&w->s, other, &two);
	/* as every holder does at once: what stays unread tells the manager that it is deaf */
	fake_shim_send_request(&one, "never");
	fake_shim_send_request(&two, "at last");
	fake_supervisor_until(&w->sv.spawns, 1);
	world_until_status(w, "\"starting\":2");
	(void)poll(NULL, 0, 150);
	assert_int_equal(w->sv.spawns, 1);
	/* the one that stays deaf dies: then it is the other's turn */
	w->sv.option = NULL;
	assert_int_equal(kill(w->sv.last_pid, SIGKILL), 0);
	assert_true(fake_shim_read_response(&w->s, &two));
	assert_non_null(strstr(w->s.body, "at last"));
}

static unsigned long figure(struct world *w, const char *key)
{
	uint32_t status;
	char *json = fake_shim_document(&w->s, CONTROL_STATUS, &status);
	const char *at = strstr(json, key);
	unsigned long number = at ? strtoul(at + strlen(key), NULL, 10) : 0;

	free(json);
	return number;
}

/* 200 in a second go through; every one of the others is counted. */
static void stderr__lines__counted_and_limited(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	w->sv.option = say;
	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "say=from a child"));
	world_until_status(w, "\"stderr_lines\":2");
	assert_true(fake_shim_get(&w->s, &l, "shout=1000"));
	while (figure(w, "\"stderr_lines\":") + figure(w, "\"stderr_dropped\":") < 1002)
		(void)poll(NULL, 0, 10);
	assert_int_equal(figure(w, "\"stderr_lines\":") + figure(w, "\"stderr_dropped\":"), 1002);
	assert_true(figure(w, "\"stderr_dropped\":") > 0);
}

static void stop__request_under_way__finishes_first(void **state)
{
	struct world *w = *state;
	struct fake_lease l, idle;
	uint64_t begin_ns;

	fake_shim_lease(&w->s, w->pool, &idle);
	assert_true(fake_shim_get(&w->s, &idle, "x"));
	assert_true(fake_shim_done(&w->s, &idle));
	fake_shim_lease(&w->s, w->pool, &l);
	fake_shim_send_request(&l, "sleep=1500");
	until_read(&l);
	begin_ns = clock_now_ns();
	fake_supervisor_begin_stop(&w->sv, 60000);
	world_until_status(w, "\"is_stopping\":true");
	assert_false(fake_shim_take(&w->s, &idle));
	fake_shim_ask(&w->s, w->pool, 1000);
	assert_int_equal(fake_shim_take_reject(&w->s, NULL), REASON_STOPPING);
	assert_false(w->sv.has_quit);
	assert_true(fake_shim_read_response(&w->s, &l));
	assert_false(fake_shim_done(&w->s, &l));
	fake_shim_return(&w->s, &l);
	fake_supervisor_end_stop(&w->sv);
	assert_true(w->sv.is_stopped);
	assert_true(WIFEXITED(w->sv.exit_status) && WEXITSTATUS(w->sv.exit_status) == 0);
	assert_in_range(clock_since_ns(begin_ns, clock_now_ns()) / NS_PER_MS, 1400, 59000);
}

static void stop__grace_is_over__ends_all_the_same(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	fake_shim_send_request(&l, "sleep=1000");
	fake_supervisor_stop(&w->sv, 100);
	assert_true(w->sv.is_stopped);
	/* the response never went through the manager: it arrives although that is gone */
	assert_true(fake_shim_read_response(&w->s, &l));
}

static void manager_killed__new_one__serves_again(void **state)
{
	struct world *w = *state;
	uint64_t boot_id = w->s.boot_id;
	struct fake_lease l;

	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	fake_shim_send_request(&l, "sleep=200");
	fake_supervisor_restart(&w->sv, "");
	assert_true(fake_shim_is_dropped(&w->s));
	/* what is under way finishes, and the table still works */
	assert_true(fake_shim_read_response(&w->s, &l));
	assert_true(fake_shim_done(&w->s, &l));
	assert_true(fake_shim_take(&w->s, &l));
	fake_shim_bye(&w->s);
	fake_shim_hello(&w->s, w->sv.key);
	assert_int_not_equal(w->s.boot_id, boot_id);
	fake_shim_ask(&w->s, w->pool, 0);
	assert_int_equal(fake_shim_take_reject(&w->s, NULL), REASON_POOL_UNKNOWN);
	w->pool = fake_shim_pool(&w->s, SITE);
	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "again"));
}

static void supervisor_gone__manager_ends(void **state)
{
	struct world *w = *state;

	fake_supervisor_hang_up(&w->sv);
	assert_false(w->sv.is_stopped);
	assert_true(WIFEXITED(w->sv.exit_status) && WEXITSTATUS(w->sv.exit_status) == 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(start__refused__reset_then_rejected_with_the_reason),
		CASE(start__exits_at_once__reset_backoff_then_tried_again),
		CASE(parent_killed__ready__busy_finishes_and_next_lease_starts_again),
		CASE(parent_killed__request_in_the_backlog__served_by_the_next),
		CASE(idle__long_enough__retired_and_started_again_on_demand),
		CASE(idle__busy__stays),
		CASE(retiring__lease_comes__next_parent_serves_it),
		CASE(reload__nothing_changes__pool_goes_on),
		CASE(starts__more_than_allowed_at_once__one_after_another),
		CASE(starts__first_is_slow__second_is_not_asked_for),
		CASE(stderr__lines__counted_and_limited),
		CASE(stop__request_under_way__finishes_first),
		CASE(stop__grace_is_over__ends_all_the_same),
		CASE(manager_killed__new_one__serves_again),
		CASE(supervisor_gone__manager_ends),
	};

	return cmocka_run_group_tests_name("manager_start", tests, NULL, NULL);
}
