/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "daemon/manager/lease.h"
#include "daemon/manager/manager.h"
#include "tests/support/t.h"

#define GENERATION 7U
#define LEASES     3U

/** A pool with leases of one session, as far as asking for them looks at it. */
struct fixture {
	struct pool pool;
	struct session session;
	struct backend backend[LEASES];
	struct lease_table *table; /* owned */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->table = aligned_alloc(64, sizeof(*f->table));
	if (!f->table)
		return -1;
	memset(f->table, 0, sizeof(*f->table));
	f->session.table = f->table;
	list_init(&f->pool.held);
	for (uint32_t i = 0; i < LEASES; i++) {
		f->backend[i].session = &f->session;
		f->backend[i].slot = i;
		f->backend[i].generation = GENERATION;
		list_push_back(&f->pool.held, &f->backend[i].node);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->table);
	free(f);
	return 0;
}

static void put_all(struct fixture *f, uint64_t word)
{
	for (uint32_t i = 0; i < LEASES; i++)
		atomic_store(&f->table->slot[i].word, word);
}

static void want_all__busy__each_is_wanted(void **state)
{
	struct fixture *f = *state;

	put_all(f, lease_word(GENERATION, LEASE_BUSY));
	assert_true(lease_want_all(&f->pool));
	for (uint32_t i = 0; i < LEASES; i++)
		assert_int_equal(lease_get_state(&f->table->slot[i], GENERATION), LEASE_WANTED);
	assert_true(lease_want_all(&f->pool));
	lease_unwant_all(&f->pool);
	for (uint32_t i = 0; i < LEASES; i++)
		assert_int_equal(lease_get_state(&f->table->slot[i], GENERATION), LEASE_BUSY);
}

static void want_all__one_is_idle__look_again_and_others_wanted(void **state)
{
	struct fixture *f = *state;

	put_all(f, lease_word(GENERATION, LEASE_BUSY));
	atomic_store(&f->table->slot[1].word, lease_word(GENERATION, LEASE_IDLE));
	assert_false(lease_want_all(&f->pool));
	assert_int_equal(lease_get_state(&f->table->slot[0], GENERATION), LEASE_WANTED);
	assert_int_equal(lease_get_state(&f->table->slot[1], GENERATION), LEASE_IDLE);
	assert_int_equal(lease_get_state(&f->table->slot[2], GENERATION), LEASE_WANTED);
}

/* Whatever a process wrote into its table: the manager must not be told to look again for ever. */
static void want_all__no_state_of_a_lease__nothing_to_look_for(void **state)
{
	const uint64_t words[] = { 0, UINT64_MAX, lease_word(GENERATION, LEASE_FREE),
		lease_word(GENERATION, LEASE_FREE) | 0xff, lease_word(GENERATION + 1, LEASE_IDLE),
		lease_word(GENERATION - 1, LEASE_BUSY) };
	struct fixture *f = *state;

	for (size_t i = 0; i < T_COUNT(words); i++) {
		put_all(f, words[i]);
		assert_true(lease_want_all(&f->pool));
		assert_int_equal(atomic_load(&f->table->slot[0].word), words[i]);
	}
}

#define want_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		want_test(want_all__busy__each_is_wanted),
		want_test(want_all__one_is_idle__look_again_and_others_wanted),
		want_test(want_all__no_state_of_a_lease__nothing_to_look_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
