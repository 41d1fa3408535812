/* SPDX-License-Identifier: Apache-2.0 */

/* Requests that run for too long, as their holder and the supervisor see it. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"
#include "tests/support/t.h"

#define SITE "handler=php name=one.example uid=1001 gid=1001 scope=vhost max_process_time=1"

struct world {
	struct fake_supervisor sv;
	struct fake_shim s;
	uint32_t pool;
};

static int world_setup(void **state)
{
	static struct world w;

	fake_supervisor_start(&w.sv, "");
	fake_shim_hello(&w.s, w.sv.key);
	w.pool = fake_shim_pool(&w.s, SITE);
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

static struct lease_slot *slot_of(const struct world *w, const struct fake_lease *l)
{
	return &w->s.table->slot[l->slot];
}

/* A lease with one request done, whose child's pid is known from its answer. Return: that pid */
static uint32_t lease_warm(struct world *w, struct fake_lease *l)
{
	const char *pid;

	fake_shim_lease(&w->s, w->pool, l);
	assert_true(fake_shim_get(&w->s, l, "warm"));
	pid = strstr(w->s.body, "pid=");
	assert_non_null(pid);
	return (uint32_t)strtoul(pid + 4, NULL, 10);
}

static uint64_t count_in_status(struct world *w, const char *key)
{
	uint32_t status;
	char *json = fake_shim_document(&w->s, CONTROL_STATUS, &status);
	const char *at = strstr(json, key);
	uint64_t value;

	assert_non_null(at);
	value = strtoull(at + strlen(key), NULL, 10);
	free(json);
	return value;
}

static void runaway__pid_told__child_is_ended_and_the_holder_knows_why(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	uint32_t pid = lease_warm(w, &l), limit_s = 0;

	atomic_store(&slot_of(w, &l)->child_pid, pid);
	assert_true(fake_shim_done(&w->s, &l));
	assert_true(fake_shim_take(&w->s, &l));
	fake_shim_send_request(&l, "sleep=30000");
	assert_false(fake_shim_read_response(&w->s, &l));
	assert_int_equal(w->sv.child_terms, 1);
	assert_int_equal(w->sv.last_child, pid);
	assert_int_equal(
		lease_get_fate(slot_of(w, &l), l.generation, &limit_s), LEASE_FATE_RUNAWAY);
	assert_int_equal(limit_s, 1);
	assert_int_equal(lease_get_state(slot_of(w, &l), l.generation), LEASE_WANTED);
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_DIED);
	assert_int_equal(count_in_status(w, "\"runaways\":"), 1);
	/* we said why it had to end: it has not died by itself */
	assert_int_equal(count_in_status(w, "\"deaths\":"), 0);
	assert_int_equal(w->sv.child_kills, 0);
}

static void runaway__pid_not_told__connection_is_cut(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	uint32_t limit_s = 0;

	(void)lease_warm(w, &l);
	assert_true(fake_shim_done(&w->s, &l));
	assert_true(fake_shim_take(&w->s, &l));
	atomic_store(&slot_of(w, &l)->child_pid, 0);
	fake_shim_send_request(&l, "sleep=3000");
	assert_false(fake_shim_read_response(&w->s, &l));
	assert_int_equal(w->sv.child_terms + w->sv.child_kills, 0);
	assert_int_equal(
		lease_get_fate(slot_of(w, &l), l.generation, &limit_s), LEASE_FATE_RUNAWAY);
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_DIED);
	assert_int_equal(count_in_status(w, "\"runaways\":"), 1);
	assert_int_equal(count_in_status(w, "\"unborn\":"), 0);
}

/* A number that is no pid must not reach the supervisor, which would end the manager for it. */
static void runaway__pid_that_is_none__taken_for_not_told(void **state)
{
	struct world *w = *state;
	struct fake_lease l;

	(void)lease_warm(w, &l);
	assert_true(fake_shim_done(&w->s, &l));
	assert_true(fake_shim_take(&w->s, &l));
	atomic_store(&slot_of(w, &l)->child_pid, UINT32_MAX);
	fake_shim_send_request(&l, "sleep=3000");
	assert_false(fake_shim_read_response(&w->s, &l));
	assert_int_equal(w->sv.child_terms, 0);
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_DIED);
}

static void idle__for_longer_than_the_limit__left_alone(void **state)
{
	struct world *w = *state;
	struct fake_lease l;
	uint32_t pid = lease_warm(w, &l);

	atomic_store(&slot_of(w, &l)->child_pid, pid);
	assert_true(fake_shim_done(&w->s, &l));
	/* the manager looks a second after the grant, and another one later */
	atomic_store(&slot_of(w, &l)->since_ns, clock_now_ns() - 100 * NS_PER_S);
	(void)usleep(1200000);
	assert_int_equal(lease_get_state(slot_of(w, &l), l.generation), LEASE_IDLE);
	assert_true(fake_shim_take(&w->s, &l));
	assert_true(fake_shim_get(&w->s, &l, "again"));
	assert_int_equal(w->sv.child_terms, 0);
	fake_shim_close(&w->s, &l, CONTROL_CLOSE_DONE);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		world_test(runaway__pid_told__child_is_ended_and_the_holder_knows_why),
		world_test(runaway__pid_not_told__connection_is_cut),
		world_test(runaway__pid_that_is_none__taken_for_not_told),
		world_test(idle__for_longer_than_the_limit__left_alone),
	};

	return cmocka_run_group_tests_name("manager_care", tests, NULL, NULL);
}
