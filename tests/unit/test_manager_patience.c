/* SPDX-License-Identifier: Apache-2.0 */

/* How long the manager waits for a supervisor or a parent that hangs. Each case takes that long. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/clock.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE  "handler=php name=one.example uid=1001 gid=1001 scope=vhost"
#define OTHER "handler=php name=two.example uid=1002 gid=1002 scope=vhost"
/** Ten seconds, and what a busy machine adds. */
#define PATIENCE_MS 14000

struct world {
	struct fake_supervisor sv;
	struct fake_shim s;
	uint32_t pool, other;
};

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "max_concurrent_starts = 1");
	fake_shim_hello(&w.s, w.sv.key);
	w.pool = fake_shim_pool(&w.s, SITE);
	w.other = fake_shim_pool(&w.s, OTHER);
	*state = &w;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *w = *state;

	fake_shim_bye(&w->s);
	fake_supervisor_end(&w->sv);
	return 0;
}

/* Who waits in the backlog learns by ECONNRESET that nobody has read its request, and asks again.
 */
static void expect_told(struct world *w, struct fake_lease *l, uint32_t pool)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	uint32_t status;
	char *json;
	char byte;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(l->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	fake_shim_close(&w->s, l, CONTROL_CLOSE_UNUSED);
	fake_shim_ask(&w->s, pool, 1000);
	assert_int_equal(fake_shim_take_reject(&w->s, NULL), REASON_START_FAILED);
	json = fake_shim_document(&w->s, CONTROL_STATUS, &status);
	assert_non_null(strstr(json, "\"detail\":\"the supervisor does not answer\""));
	free(json);
}

static void spawn__supervisor_hangs__told_and_late_answer_retires(void **state)
{
	struct world *w = *state;
	uint64_t begin_ns = clock_now_ns();
	struct fake_lease one, two;

	w->sv.is_mute = true;
	fake_shim_lease(&w->s, w->pool, &one);
	fake_shim_lease(&w->s, w->other, &two); /* waits for its turn, as one start is allowed */
	fake_shim_send_request(&one, "x");
	fake_shim_send_request(&two, "x");
	expect_told(w, &one, w->pool);
	expect_told(w, &two, w->other);
	assert_in_range(clock_since_ns(begin_ns, clock_now_ns()) / NS_PER_MS, 9900, PATIENCE_MS);
	/* it goes on: what it starts now is too late, and wanted by nobody */
	w->sv.is_mute = false;
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.spawns, 1);
	assert_int_equal(w->sv.retires, 1);
	for (int ms = 0; !fake_shim_try(&w->s, w->pool, &one); ms += 20) { /* the back-off is 1 s */
		assert_true(ms < 5000);
		(void)poll(NULL, 0, 20);
	}
	assert_true(fake_shim_get(&w->s, &one, "well again"));
	assert_int_equal(w->sv.spawns, 2);
}

static void retiring__parent_is_stuck__killed_and_next_one_serves(void **state)
{
	struct world *w = *state;
	uint64_t begin_ns;
	struct fake_lease l;

	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "x"));
	assert_true(fake_shim_done(&w->s, &l));
	assert_int_equal(kill(w->sv.last_pid, SIGSTOP), 0);
	begin_ns = clock_now_ns();
	fake_supervisor_reload(&w->sv, "defaults { max_reqs = 77 }");
	for (int ms = 0; !w->sv.kills; ms += 20) {
		assert_true(ms < PATIENCE_MS);
		(void)poll(NULL, 0, 20);
	}
	assert_in_range(clock_since_ns(begin_ns, clock_now_ns()) / NS_PER_MS, 9900, PATIENCE_MS);
	fake_supervisor_until(&w->sv.exits, 1);
	assert_int_equal(w->sv.kills, 1);
	fake_shim_lease(&w->s, w->pool, &l);
	assert_true(fake_shim_get(&w->s, &l, "next"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(spawn__supervisor_hangs__told_and_late_answer_retires),
		CASE(retiring__parent_is_stuck__killed_and_next_one_serves),
	};

	return cmocka_run_group_tests_name("manager_patience", tests, NULL, NULL);
}
