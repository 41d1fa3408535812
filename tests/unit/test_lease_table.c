/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "proto/lease_table.h"
#include "tests/support/t.h"

#define GENERATION 7U
#define NOW        5000U

enum operation {
	OP_TAKE,
	OP_DONE,
	OP_REVOKE,
	OP_WANT,
	OP_UNWANT,
	OP_COUNT
};

static bool operate(enum operation op, struct lease_slot *s, uint64_t generation)
{
	switch (op) {
	case OP_TAKE:
		return lease_take(s, generation, NOW);
	case OP_DONE:
		return lease_done(s, generation, NOW);
	case OP_REVOKE:
		return lease_revoke(s, generation);
	case OP_WANT:
		return lease_want(s, generation);
	case OP_UNWANT:
		return lease_unwant(s, generation);
	case OP_COUNT:
		break;
	}
	return false;
}

static int slot_setup(void **state)
{
	*state = aligned_alloc(64, sizeof(struct lease_slot));
	if (!*state)
		return -1;
	memset(*state, 0, sizeof(struct lease_slot));
	return 0;
}

static int slot_teardown(void **state)
{
	free(*state);
	return 0;
}

static void put(struct lease_slot *s, uint64_t generation, enum lease_state state)
{
	atomic_store(&s->word, lease_word(generation, state));
	atomic_store(&s->since_ns, 100);
	atomic_store(&s->requests, 3);
}

/* The whole picture of the header: each operation from each state, and where it leads. */
static void transitions__every_state__only_those_drawn(void **state)
{
	static const int leads_to[OP_COUNT][LEASE_STATE_COUNT] = {
		/* from FREE, IDLE, BUSY, WANTED; -1: refused */
		[OP_TAKE] = { -1, LEASE_BUSY, -1, -1 },
		[OP_DONE] = { -1, -1, LEASE_IDLE, -1 },
		[OP_REVOKE] = { -1, LEASE_FREE, -1, -1 },
		[OP_WANT] = { -1, -1, LEASE_WANTED, -1 },
		[OP_UNWANT] = { -1, -1, -1, LEASE_BUSY },
	};
	struct lease_slot *s = *state;

	for (unsigned op = 0; op < OP_COUNT; op++) {
		for (unsigned from = 0; from < LEASE_STATE_COUNT; from++) {
			int to = leads_to[op][from];
			uint64_t word = lease_word(GENERATION, (enum lease_state)from);

			put(s, GENERATION, (enum lease_state)from);
			assert_int_equal(operate((enum operation)op, s, GENERATION), to >= 0);
			if (to >= 0)
				word = lease_word(GENERATION, (enum lease_state)to);
			assert_int_equal(atomic_load(&s->word), word);
		}
	}
}

static void transitions__other_generation__nothing_changes(void **state)
{
	static const uint64_t others[] = { 0, GENERATION - 1, GENERATION + 1,
		GENERATION + (1ULL << 32) };
	struct lease_slot *s = *state;

	for (unsigned op = 0; op < OP_COUNT; op++) {
		for (unsigned from = 0; from < LEASE_STATE_COUNT; from++) {
			for (size_t i = 0; i < T_COUNT(others); i++) {
				put(s, GENERATION, (enum lease_state)from);
				assert_false(operate((enum operation)op, s, others[i]));
				assert_int_equal(atomic_load(&s->word),
					lease_word(GENERATION, (enum lease_state)from));
				assert_int_equal(atomic_load(&s->since_ns), 100);
				assert_int_equal(atomic_load(&s->requests), 3);
			}
		}
	}
}

static void take__idle__notes_the_time(void **state)
{
	struct lease_slot *s = *state;

	put(s, GENERATION, LEASE_IDLE);
	assert_true(lease_take(s, GENERATION, NOW));
	assert_int_equal(atomic_load(&s->since_ns), NOW);
	assert_int_equal(atomic_load(&s->requests), 3);
}

static void take__busy__leaves_the_time(void **state)
{
	struct lease_slot *s = *state;

	put(s, GENERATION, LEASE_BUSY);
	assert_false(lease_take(s, GENERATION, NOW));
	assert_int_equal(atomic_load(&s->since_ns), 100);
}

static void done__busy_or_wanted__counts_the_request(void **state)
{
	struct lease_slot *s = *state;

	put(s, GENERATION, LEASE_BUSY);
	assert_true(lease_done(s, GENERATION, NOW));
	assert_int_equal(atomic_load(&s->requests), 4);
	assert_int_equal(atomic_load(&s->since_ns), NOW);
	put(s, GENERATION, LEASE_WANTED);
	assert_false(lease_done(s, GENERATION, NOW));
	assert_int_equal(atomic_load(&s->requests), 4);
}

static void done__cleared_meanwhile__touches_nothing(void **state)
{
	struct lease_slot *s = *state;

	put(s, GENERATION, LEASE_BUSY);
	lease_clear(s);
	assert_false(lease_done(s, GENERATION, NOW));
	assert_int_equal(atomic_load(&s->requests), 3);
	assert_int_equal(atomic_load(&s->since_ns), 100);
}

static void grant__free__busy_in_a_new_generation(void **state)
{
	struct lease_slot *s = *state;

	put(s, GENERATION, LEASE_FREE);
	atomic_store(&s->child_pid, 4711);
	assert_int_equal(lease_grant(s, NOW), GENERATION + 1);
	assert_int_equal(lease_get_state(s, GENERATION + 1), LEASE_BUSY);
	assert_int_equal(lease_get_state(s, GENERATION), LEASE_FREE);
	assert_int_equal(atomic_load(&s->since_ns), NOW);
	assert_int_equal(atomic_load(&s->requests), 0);
	assert_int_equal(atomic_load(&s->child_pid), 0);
}

/* Whatever a hostile process writes into its own table, the manager gets a usable generation. */
static void grant__any_word__valid_generation(void **state)
{
	const uint64_t words[] = { 0, 1, 0xff, UINT64_MAX, UINT64_MAX - 0xff,
		(UINT64_MAX >> 8) << 8, lease_word((UINT64_MAX >> 8) - 1, LEASE_WANTED) };
	struct lease_slot *s = *state;

	for (size_t i = 0; i < T_COUNT(words); i++) {
		uint64_t generation;

		atomic_store(&s->word, words[i]);
		generation = lease_grant(s, NOW);
		assert_true(lease_generation_is_valid(generation));
		assert_int_equal(lease_get_state(s, generation), LEASE_BUSY);
		assert_int_not_equal(generation, words[i] >> 8);
	}
}

static void clear__any_state__free_and_the_generation_stays(void **state)
{
	struct lease_slot *s = *state;

	for (unsigned from = 0; from < 256; from++) {
		atomic_store(&s->word, lease_word(GENERATION, LEASE_FREE) | from);
		lease_clear(s);
		assert_int_equal(atomic_load(&s->word), lease_word(GENERATION, LEASE_FREE));
		assert_int_equal(lease_grant(s, NOW), GENERATION + 1);
	}
}

static void get_state__any_byte__in_range(void **state)
{
	struct lease_slot *s = *state;

	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned expected = byte < LEASE_STATE_COUNT ? byte : LEASE_FREE;

		atomic_store(&s->word, lease_word(GENERATION, LEASE_FREE) | byte);
		assert_int_equal(lease_get_state(s, GENERATION), expected);
		assert_int_equal(lease_get_state(s, GENERATION + 1), LEASE_FREE);
	}
}

static void generation__table__valid_within_56_bits(void **state)
{
	(void)state;
	assert_false(lease_generation_is_valid(0));
	assert_true(lease_generation_is_valid(1));
	assert_true(lease_generation_is_valid(UINT64_MAX >> 8));
	assert_false(lease_generation_is_valid(1ULL << 56));
	assert_int_equal(
		lease_word_generation(lease_word(UINT64_MAX >> 8, LEASE_WANTED)), UINT64_MAX >> 8);
	assert_int_equal(lease_word_state(lease_word(UINT64_MAX >> 8, LEASE_WANTED)), LEASE_WANTED);
}

static void table__new__valid_and_every_slot_free(void **state)
{
	struct lease_table *t = aligned_alloc(64, sizeof(*t));

	(void)state;
	assert_non_null(t);
	memset(t, 0, sizeof(*t));
	assert_false(lease_table_is_valid(t, sizeof(*t)));
	lease_table_init(t);
	assert_true(lease_table_is_valid(t, sizeof(*t)));
	assert_true(lease_table_is_valid(t, sizeof(*t) + 1));
	for (size_t i = 0; i < LEASE_TABLE_SLOTS; i++) {
		assert_int_equal(atomic_load(&t->slot[i].word), lease_word(0, LEASE_FREE));
		assert_false(lease_take(&t->slot[i], 0, NOW));
	}
	free(t);
}

static void table__wrong_header__invalid(void **state)
{
	struct lease_table *t = aligned_alloc(64, sizeof(*t));
	uint32_t *fields[4];

	(void)state;
	assert_non_null(t);
	memset(t, 0, sizeof(*t));
	lease_table_init(t);
	assert_false(lease_table_is_valid(t, sizeof(*t) - 1));
	assert_false(lease_table_is_valid(t, 0));
	fields[0] = &t->magic;
	fields[1] = &t->version;
	fields[2] = &t->slot_count;
	fields[3] = &t->slot_size;
	for (size_t i = 0; i < T_COUNT(fields); i++) {
		(*fields[i])++;
		assert_false(lease_table_is_valid(t, sizeof(*t)));
		(*fields[i])--;
	}
	assert_true(lease_table_is_valid(t, sizeof(*t)));
	free(t);
}

#define slot_test(name) cmocka_unit_test_setup_teardown(name, slot_setup, slot_teardown)

static void fate__of_a_lease__told_to_its_holder_only(void **state)
{
	struct lease_slot *s = *state;
	uint64_t generation = lease_grant(s, NOW);
	uint32_t limit_s = 77;

	assert_int_equal(lease_get_fate(s, generation, &limit_s), LEASE_FATE_NONE);
	assert_int_equal(limit_s, 77);
	lease_set_fate(s, LEASE_FATE_RUNAWAY, 30);
	assert_int_equal(lease_get_fate(s, generation - 1, &limit_s), LEASE_FATE_NONE);
	assert_int_equal(lease_get_fate(s, generation, &limit_s), LEASE_FATE_RUNAWAY);
	assert_int_equal(limit_s, 30);
	/* also when the manager has cleared it meanwhile; not for the lease after it */
	lease_clear(s);
	assert_int_equal(lease_get_fate(s, generation, &limit_s), LEASE_FATE_RUNAWAY);
	generation = lease_grant(s, NOW);
	assert_int_equal(lease_get_fate(s, generation, &limit_s), LEASE_FATE_NONE);
	atomic_store(&s->fate, LEASE_FATE_COUNT);
	assert_int_equal(lease_get_fate(s, generation, &limit_s), LEASE_FATE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		slot_test(transitions__every_state__only_those_drawn),
		slot_test(transitions__other_generation__nothing_changes),
		slot_test(take__idle__notes_the_time),
		slot_test(take__busy__leaves_the_time),
		slot_test(done__busy_or_wanted__counts_the_request),
		slot_test(done__cleared_meanwhile__touches_nothing),
		slot_test(grant__free__busy_in_a_new_generation),
		slot_test(grant__any_word__valid_generation),
		slot_test(clear__any_state__free_and_the_generation_stays),
		slot_test(get_state__any_byte__in_range),
		slot_test(fate__of_a_lease__told_to_its_holder_only),
		cmocka_unit_test(generation__table__valid_within_56_bits),
		cmocka_unit_test(table__new__valid_and_every_slot_free),
		cmocka_unit_test(table__wrong_header__invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
