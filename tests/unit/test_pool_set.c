/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "tests/support/t.h"

#define FORGET POOL_SET_FORGET_NS

static struct config config = {
	.max_pools = 2,
	.defaults = { .children = 20, .pgrp_max_idle_s = 30 },
};

static int set_setup(void **state)
{
	static struct manager m;

	m = (struct manager){ .config = &config, .base = event_base_new(), .now_ns = NS_PER_S };
	assert_non_null(m.base);
	assert_int_equal(pool_set_init(&m.pools, &m), 0);
	*state = &m;
	return 0;
}

static int set_teardown(void **state)
{
	struct manager *m = *state;

	pool_set_deinit(&m->pools);
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

static void forget__known_by_a_session__stays(void **state)
{
	struct manager *m = *state;
	struct pool *known, *other;

	assert_int_equal(get(m, "1001", &known), 0);
	assert_int_equal(get(m, "1002", &other), 0);
	known->known_by = 1;
	assert_int_equal(pool_set_forget(&m->pools, known->since_ns + 10 * FORGET), 1);
	assert_ptr_equal(pool_set_find_spec(&m->pools, &known->spec), known);
	known->known_by = 0;
	assert_int_equal(pool_set_forget(&m->pools, known->since_ns + 10 * FORGET), 1);
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

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_setup, set_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(forget__cold_and_unknown_for_long__gone_and_its_place_free),
		CASE(forget__known_by_a_session__stays),
		CASE(forget__was_busy_meanwhile__stays),
	};

	return cmocka_run_group_tests_name("pool_set", tests, NULL, NULL);
}
