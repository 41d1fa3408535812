/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/config/config_table.h"
#include "daemon/manager/manager.h"
#include "tests/support/t.h"

#define FORGET POOL_SET_FORGET_NS
#define MANY   10000

static struct config config = {
	.max_pools = MANY,
	.defaults = { .children = 20,
		.pgrp_max_idle_s = 30,
		.max_process_time_s = 300,
		.max_connections = 10000,
		.limit_nproc = CONFIG_UNSET_32,
		.queue_length = 1024,
		.queue_wait_ms = 1000 },
};

static int set_setup(void **state)
{
	static struct manager m;

	m = (struct manager){
		.config = &config,
		.base = event_base_new(),
		.now_ns = NS_PER_S,
		.cgroup_fd = -1,
	};
	assert_non_null(m.base);
	users_init(&m.users);
	assert_int_equal(pool_set_init(&m.pools, &m), 0);
	config.max_pools = 2;
	log_set_level(LOG_LEVEL_WARN); /* a line for each of thousands helps nobody */
	*state = &m;
	return 0;
}

static int set_teardown(void **state)
{
	struct manager *m = *state;

	pool_set_deinit(&m->pools);
	users_deinit(&m->users);
	event_base_free(m->base);
	return 0;
}

static int get(struct manager *m, const char *uid, struct pool **ret_pool)
{
	char data[64] = "gid=1\nhandler=php\nuid=";
	const char *what = NULL;
	struct pool_spec spec;
	size_t size;

	(void)strncat(data, uid, sizeof(data) - strlen(data) - 2);
	size = strlen(data) + 1; /* with the NUL that ends the last entry */
	for (size_t i = 0; i < size; i++)
		data[i] = data[i] == '\n' ? '\0' : data[i];
	assert_int_equal(pool_spec_parse(data, size, &spec), 0);
	return pool_set_get(&m->pools, m, &spec, ret_pool, &what);
}

static void forget__cold_and_unknown_for_long__gone_and_its_place_free(void **state)
{
	struct manager *m = *state;
	struct pool *one, *two, *again;
	uint32_t id;

	assert_int_equal(get(m, "1001", &one), 0);
	assert_int_equal(get(m, "1002", &two), 0);
	assert_int_equal(get(m, "1003", &again), POOL_SET_E_FULL);
	id = one->id;
	assert_int_equal(pool_set_forget(&m->pools, one->since_ns + FORGET - 1), 0);
	assert_ptr_equal(pool_set_find(&m->pools, id), one);
	assert_int_equal(pool_set_forget(&m->pools, one->since_ns + FORGET), 2);
	assert_int_equal(pool_set_count(&m->pools), 0);
	assert_null(pool_set_find(&m->pools, id));
	assert_int_equal(get(m, "1001", &again), 0);
	assert_int_not_equal(again->id, id); /* a session may remember it */
	assert_int_equal(pool_set_count(&m->pools), 1);
}

static void know(struct pool *p, int sessions)
{
	p->known_by = (uint32_t)((int)p->known_by + sessions);
	pool_set_note_use(p);
}

static void forget__known_by_a_session__stays(void **state)
{
	struct manager *m = *state;
	struct pool *known, *other;
	uint64_t then = m->now_ns;

	assert_int_equal(get(m, "1001", &known), 0);
	assert_int_equal(get(m, "1002", &other), 0);
	know(known, 1);
	assert_int_equal(pool_set_forget(&m->pools, then + 10 * FORGET), 1);
	assert_ptr_equal(pool_set_find_spec(&m->pools, &known->spec), known);
	/* the time begins when the last one forgets it */
	m->now_ns = then + 20 * FORGET;
	know(known, -1);
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET - 1), 0);
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET), 1);
}

/* The time counts from when it became cold, not from when it was made. */
static void forget__was_busy_meanwhile__stays(void **state)
{
	struct manager *m = *state;
	struct pool *p;

	assert_int_equal(get(m, "1001", &p), 0);
	pool_set_state(p, POOL_STARTING, "test");
	assert_int_equal(pool_set_forget(&m->pools, p->since_ns + 2 * FORGET), 0);
	m->now_ns += 2 * FORGET;
	pool_set_state(p, POOL_COLD, "test");
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET - 1), 0);
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET), 1);
}

/* Its site was removed, or its Apache; nobody will ask for another start of it. */
static void forget__failed__gone_too(void **state)
{
	struct manager *m = *state;
	struct pool *p;

	assert_int_equal(get(m, "1001", &p), 0);
	pool_set_state(p, POOL_STARTING, "test");
	pool_set_state(p, POOL_FAILED, "test");
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET), 1);
}

/* A child of a parent that is gone may still work. */
static void forget__has_connections__later(void **state)
{
	struct manager *m = *state;
	uint64_t then = m->now_ns;
	struct list_node connection = { .list = NULL };
	struct pool *p;

	assert_int_equal(get(m, "1001", &p), 0);
	list_push_back(&p->held, &connection);
	assert_int_equal(pool_set_forget(&m->pools, then + FORGET), 0);
	list_remove(&connection);
	assert_int_equal(pool_set_forget(&m->pools, then + 2 * FORGET - 1), 0);
	assert_int_equal(pool_set_forget(&m->pools, then + 2 * FORGET), 1);
}

static int timers(const struct manager *m)
{
	return event_base_get_num_events(m->base, EVENT_BASE_COUNT_ADDED);
}

/* No timer, no walk: the daemon sleeps until somebody visits one of them. */
static void known__thousands_at_rest__nothing_is_pending(void **state)
{
	struct manager *m = *state;
	struct pool *p[MANY];
	char uid[16];

	config.max_pools = MANY;
	assert_int_equal(timers(m), 0);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(uid, sizeof(uid), "%d", 2000 + i);
		assert_int_equal(get(m, uid, &p[i]), 0);
		know(p[i], 1);
	}
	assert_int_equal(timers(m), 0);
	/* their Apache ends: one timer for all of them */
	for (int i = 0; i < MANY; i++)
		know(p[i], -1);
	assert_int_equal(timers(m), 1);
	know(p[0], 1);
	assert_int_equal(timers(m), 1);
	assert_int_equal(pool_set_forget(&m->pools, m->now_ns + FORGET), MANY - 1);
	assert_int_equal(pool_set_count(&m->pools), 1);
}

/* The timer's own turn: what is due goes, and it waits for the next one only. */
static void forget_timer__due__forgets_and_rests(void **state)
{
	struct manager *m = *state;
	struct pool *due, *later;

	assert_int_equal(get(m, "1001", &due), 0);
	m->now_ns += FORGET / 2;
	assert_int_equal(get(m, "1002", &later), 0);
	m->now_ns += FORGET / 2;
	event_active(&m->pools.forget_timer, EV_TIMEOUT, 0);
	assert_int_equal(event_base_loop(m->base, EVLOOP_NONBLOCK), 0);
	assert_int_equal(pool_set_count(&m->pools), 1);
	assert_true(evtimer_pending(&m->pools.forget_timer, NULL));
	know(later, 1);
	assert_false(evtimer_pending(&m->pools.forget_timer, NULL));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_setup, set_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(forget__cold_and_unknown_for_long__gone_and_its_place_free),
		CASE(forget__known_by_a_session__stays),
		CASE(forget__was_busy_meanwhile__stays),
		CASE(forget__failed__gone_too),
		CASE(forget__has_connections__later),
		CASE(known__thousands_at_rest__nothing_is_pending),
		CASE(forget_timer__due__forgets_and_rests),
	};

	return cmocka_run_group_tests_name("pool_set", tests, NULL, NULL);
}
