/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The threads of an Apache process and the manager over one lease table.
 *
 * What belongs to a connection is kept in plain memory here, without any lock: the lease table
 * alone must keep two from using it at once, and its memory order alone must hand over what the
 * holder before wrote. A plain check finds two holders; ThreadSanitizer finds an order that only
 * happens to hold:
 *
 *	meson setup build-tsan -Db_sanitize=thread -Db_lundef=false
 *	meson test -C build-tsan lease_race
 */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lease_table.h"
#include "tests/support/t.h"

#define SHIMS        3U
#define SLOTS_MAX    5U
#define ROUNDS       1500U /* requests of each shim thread, at least */
#define KILL_ROUNDS  1500U /* generations of one slot that are cleared under work */
#define LETTER_EMPTY 0U

/** What the holder of a lease, and only he, may touch. Plain memory on purpose. */
struct connection {
	uint64_t generation; /* written by the manager when it grants and when it takes back */
	unsigned holder;     /* 0: nobody, else 1 + number of the thread */
	unsigned uses;       /* of this generation */
};

/** The messages of one thread, as the kernel would order them. */
struct mailbox {
	_Atomic unsigned has_asked; /* LEASE */
	size_t slot;                /* of the GRANT, ordered by the generation */
	_Atomic uint64_t generation;
};

struct race {
	struct lease_table *table; /* owned */
	size_t slots;
	struct connection connection[SLOTS_MAX];
	struct mailbox mailbox[SHIMS];
	_Atomic uint64_t known[SLOTS_MAX];    /* generation that the process holds; no order */
	_Atomic uint64_t returned[SLOTS_MAX]; /* RETURN */
	_Atomic unsigned has_met; /* both revoked and wanted at least once: the race took place */
	_Atomic unsigned finished;
	_Atomic unsigned violations;
	/* of the manager alone */
	uint64_t granted[SLOTS_MAX]; /* 0: free */
	uint64_t requests;           /* of all generations that have ended */
	unsigned revoked;
	unsigned wanted;
	unsigned unwanted;
	uint64_t random;
};

struct shim {
	struct race *race;
	unsigned number; /* from 1 */
	uint64_t random;
	unsigned requests;
	unsigned taken; /* without asking the manager */
};

/* xorshift64: the same choices in each run, as far as the scheduler lets them be */
static uint64_t random_below(uint64_t *random, uint64_t bound)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random % bound;
}

static void check(struct race *r, bool is_true)
{
	if (!is_true)
		(void)atomic_fetch_add(&r->violations, 1);
}

/* One request on a lease that is ours. */
static void shim_work(struct shim *me, size_t slot, uint64_t generation)
{
	struct race *r = me->race;
	struct connection *c = &r->connection[slot];

	check(r, c->holder == 0);
	check(r, c->generation == generation);
	c->holder = me->number;
	c->uses++;
	if (!random_below(&me->random, 4))
		(void)sched_yield();
	check(r, c->holder == me->number);
	check(r, c->generation == generation);
	c->holder = 0;
	if (!lease_done(&r->table->slot[slot], generation, 1))
		atomic_store_explicit(&r->returned[slot], generation, memory_order_release);
}

static bool shim_try_kept(struct shim *me)
{
	struct race *r = me->race;
	size_t first = random_below(&me->random, r->slots);

	for (size_t i = 0; i < r->slots; i++) {
		size_t slot = (first + i) % r->slots;
		/* relaxed: the order must come from the lease, not from here */
		uint64_t generation = atomic_load_explicit(&r->known[slot], memory_order_relaxed);

		if (generation && lease_take(&r->table->slot[slot], generation, 1)) {
			me->taken++;
			shim_work(me, slot, generation);
			return true;
		}
	}
	return false;
}

static void shim_ask(struct shim *me)
{
	struct race *r = me->race;
	struct mailbox *box = &r->mailbox[me->number - 1];
	uint64_t generation;

	atomic_store_explicit(&box->has_asked, 1, memory_order_release);
	do {
		(void)sched_yield();
		generation = atomic_load_explicit(&box->generation, memory_order_acquire);
	} while (generation == LETTER_EMPTY);
	atomic_store_explicit(&box->generation, LETTER_EMPTY, memory_order_relaxed);
	atomic_store_explicit(&r->known[box->slot], generation, memory_order_relaxed);
	shim_work(me, box->slot, generation);
}

static void *shim_run(void *arg)
{
	struct shim *me = arg;

	/* a race that did not take place proves nothing: go on until it has */
	while (me->requests < ROUNDS || !atomic_load(&me->race->has_met)) {
		if (!shim_try_kept(me))
			shim_ask(me);
		me->requests++;
		/* leave some leases idle for a while, or there is little to revoke */
		if (!random_below(&me->random, 2))
			(void)sched_yield();
	}
	(void)atomic_fetch_add(&me->race->finished, 1);
	return NULL;
}

/* The generation of @slot has ended: nobody may be at work on it. */
static void manager_retire(struct race *r, size_t slot)
{
	struct connection *c = &r->connection[slot];
	uint32_t requests =
		atomic_load_explicit(&r->table->slot[slot].requests, memory_order_relaxed);

	check(r, c->holder == 0);
	check(r, c->generation == r->granted[slot]);
	check(r, c->uses == requests);
	r->requests += requests;
	c->generation = 0;
	r->granted[slot] = 0;
}

static void manager_grant(struct race *r, struct mailbox *box, size_t slot)
{
	uint64_t generation = lease_grant(&r->table->slot[slot], 1);

	r->connection[slot] = (struct connection){ .generation = generation };
	r->granted[slot] = generation;
	box->slot = slot;
	atomic_store_explicit(&box->has_asked, 0, memory_order_relaxed);
	atomic_store_explicit(&box->generation, generation, memory_order_release);
}

static bool manager_revoke(struct race *r, size_t slot)
{
	if (!r->granted[slot] || !lease_revoke(&r->table->slot[slot], r->granted[slot]))
		return false;
	r->revoked++;
	manager_retire(r, slot);
	return true;
}

static void manager_serve(struct race *r, struct mailbox *box)
{
	size_t first = random_below(&r->random, r->slots);

	for (size_t i = 0; i < r->slots; i++) {
		size_t slot = (first + i) % r->slots;

		if (!r->granted[slot] || manager_revoke(r, slot)) {
			manager_grant(r, box, slot);
			return;
		}
	}
	r->wanted += lease_want(&r->table->slot[first], r->granted[first]);
}

static void manager_turn(struct race *r)
{
	size_t any = random_below(&r->random, r->slots);

	for (size_t slot = 0; slot < r->slots; slot++) {
		uint64_t generation =
			atomic_load_explicit(&r->returned[slot], memory_order_acquire);

		if (generation && generation == r->granted[slot]) {
			lease_clear(&r->table->slot[slot]);
			manager_retire(r, slot);
		}
	}
	for (size_t i = 0; i < SHIMS; i++) {
		if (atomic_load_explicit(&r->mailbox[i].has_asked, memory_order_acquire))
			manager_serve(r, &r->mailbox[i]);
	}
	if (!random_below(&r->random, 4)) {
		for (size_t slot = 0; slot < r->slots; slot++)
			(void)manager_revoke(r, slot);
	}
	if (!random_below(&r->random, 4))
		r->wanted += r->granted[any] && lease_want(&r->table->slot[any], r->granted[any]);
	if (!random_below(&r->random, 4))
		r->unwanted +=
			r->granted[any] && lease_unwant(&r->table->slot[any], r->granted[any]);
	if (!random_below(&r->random, 8))
		(void)sched_yield();
}

static struct lease_table *table_new(void)
{
	struct lease_table *t = aligned_alloc(64, sizeof(*t));

	assert_non_null(t);
	memset(t, 0, sizeof(*t));
	lease_table_init(t);
	return t;
}

static void race_run(size_t slots)
{
	struct race *r = calloc(1, sizeof(*r));
	struct shim shims[SHIMS];
	pthread_t threads[SHIMS];
	unsigned taken = 0;
	unsigned requests = 0;

	assert_non_null(r);
	r->table = table_new();
	r->slots = slots;
	r->random = 88172645463325252ULL;
	for (unsigned i = 0; i < SHIMS; i++) {
		shims[i] = (struct shim){ .race = r, .number = i + 1, .random = i + 1 };
		assert_int_equal(pthread_create(&threads[i], NULL, shim_run, &shims[i]), 0);
	}
	while (atomic_load(&r->finished) < SHIMS) {
		manager_turn(r);
		if (r->revoked && r->wanted)
			atomic_store(&r->has_met, 1);
	}
	for (unsigned i = 0; i < SHIMS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		taken += shims[i].taken;
		requests += shims[i].requests;
	}
	for (size_t slot = 0; slot < slots; slot++) {
		if (r->granted[slot])
			manager_retire(r, slot);
	}
	print_message("%zu slots: %u taken without the manager, %u revoked, %u wanted, "
		      "%u unwanted\n",
		slots, taken, r->revoked, r->wanted, r->unwanted);
	assert_int_equal(atomic_load(&r->violations), 0);
	assert_int_equal(r->requests, requests);
	assert_true(taken);
	free(r->table);
	free(r);
}

static void race__fewer_slots_than_threads__one_holder_each(void **state)
{
	(void)state;
	race_run(1);
	race_run(2);
}

static void race__more_slots_than_threads__one_holder_each(void **state)
{
	(void)state;
	race_run(SLOTS_MAX);
}

/** A backend that is killed under work: its lease is cleared while somebody has it. */
struct kill_race {
	struct lease_table *table; /* owned */
	_Atomic uint64_t current;  /* generation granted last */
	_Atomic uint64_t killed;   /* all up to this one were cleared before it was written */
	_Atomic unsigned finished;
	_Atomic unsigned violations;
	_Atomic unsigned successes;
};

static void *kill_shim_run(void *arg)
{
	struct kill_race *r = arg;
	struct lease_slot *s = &r->table->slot[0];

	while (!atomic_load(&r->finished)) {
		uint64_t generation = atomic_load(&r->current);
		/* read before the attempts: an attempt on what was dead already must fail */
		bool was_dead = atomic_load(&r->killed) >= generation;
		bool has_changed = lease_take(s, generation, 1);

		has_changed |= lease_done(s, generation, 1);
		if (has_changed)
			(void)atomic_fetch_add(&r->successes, 1);
		if (was_dead && has_changed)
			(void)atomic_fetch_add(&r->violations, 1);
	}
	return NULL;
}

static void clear__under_work__old_generation_is_dead(void **state)
{
	struct kill_race r = { .table = table_new() };
	struct lease_slot *s = &r.table->slot[0];
	pthread_t threads[SHIMS - 1];

	(void)state;
	for (size_t i = 0; i < T_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, kill_shim_run, &r), 0);
	for (uint64_t i = 1; i <= KILL_ROUNDS || !atomic_load(&r.successes); i++) {
		uint64_t generation = lease_grant(s, 1);

		assert_int_equal(generation, i);
		atomic_store(&r.current, generation);
		if (i % 4 == 0)
			(void)sched_yield();
		lease_clear(s);
		atomic_store(&r.killed, generation);
		assert_int_equal(lease_get_state(s, generation), LEASE_FREE);
	}
	atomic_store(&r.finished, 1);
	for (size_t i = 0; i < T_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&r.violations), 0);
	free(r.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(race__fewer_slots_than_threads__one_holder_each),
		cmocka_unit_test(race__more_slots_than_threads__one_holder_each),
		cmocka_unit_test(clear__under_work__old_generation_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
