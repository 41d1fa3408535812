/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lease_table.h"

_Static_assert(LEASE_FREE == 0, "memory that was never written is a free slot");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "the table is shared between processes");

/* Also true for a state that no build of ours writes, for it has no bits outside the mask. */
#define LEASE_STATE_MASK 0xffULL

/* 56 bits of generation, counted by one process at one per grant, do not come around. */
#define LEASE_GENERATION_MAX (UINT64_MAX >> 8)

/*
 * The one transition: nothing happens unless the slot is in @from and @generation. Acquire: see
 * what the holder before left; release: let the next holder see what was stored before.
 */
static bool lease_change(
	struct lease_slot *s, uint64_t generation, enum lease_state from, enum lease_state to)
{
	uint64_t expected = lease_word(generation, from);

	return atomic_compare_exchange_strong_explicit(&s->word, &expected,
		lease_word(generation, to), memory_order_acq_rel, memory_order_relaxed);
}

static bool lease_is(const struct lease_slot *s, uint64_t generation, enum lease_state state)
{
	return atomic_load_explicit(&s->word, memory_order_relaxed) ==
	       lease_word(generation, state);
}

void lease_table_init(struct lease_table *t)
{
	t->magic = LEASE_TABLE_MAGIC;
	t->version = LEASE_TABLE_VERSION;
	t->slot_count = LEASE_TABLE_SLOTS;
	t->slot_size = (uint32_t)sizeof(t->slot[0]);
}

bool lease_table_is_valid(const struct lease_table *t, size_t size)
{
	return size >= sizeof(*t) && t->magic == LEASE_TABLE_MAGIC &&
	       t->version == LEASE_TABLE_VERSION && t->slot_count == LEASE_TABLE_SLOTS &&
	       t->slot_size == sizeof(t->slot[0]);
}

bool lease_take(struct lease_slot *s, uint64_t generation, uint64_t now_ns)
{
	/* the slot may be another's by now: do not touch its time, as far as one can see */
	if (!lease_is(s, generation, LEASE_IDLE))
		return false;
	/*
	 * Before the change: a manager that sees BUSY must not see the time since which the lease
	 * was idle, or it would take a request of this moment for one that runs for minutes. If
	 * the change fails after all, an idle or newer lease looks younger than it is, by the age
	 * of @now_ns: no harm.
	 */
	atomic_store_explicit(&s->since_ns, now_ns, memory_order_relaxed);
	return lease_change(s, generation, LEASE_IDLE, LEASE_BUSY);
}

bool lease_done(struct lease_slot *s, uint64_t generation, uint64_t now_ns)
{
	uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);

	/* cleared while it worked (the backend was killed): nothing of it is ours any more */
	if (lease_word_generation(word) != generation || lease_word_state(word) == LEASE_FREE)
		return false;
	/* WANTED or not, the request is done and the slot ours until RETURN is sent */
	(void)atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
	atomic_store_explicit(&s->since_ns, now_ns, memory_order_relaxed);
	return lease_change(s, generation, LEASE_BUSY, LEASE_IDLE);
}

uint64_t lease_grant(struct lease_slot *s, uint64_t now_ns)
{
	uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
	uint64_t generation = lease_word_generation(word);

	/* whatever the shim wrote there: never 0, which stands for no lease */
	generation = generation < LEASE_GENERATION_MAX ? generation + 1 : 1;
	atomic_store_explicit(&s->since_ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&s->requests, 0, memory_order_relaxed);
	atomic_store_explicit(&s->child_pid, 0, memory_order_relaxed);
	atomic_store_explicit(&s->fate, LEASE_FATE_NONE, memory_order_relaxed);
	/*
	 * A store, not a compare-and-swap: an honest shim changes no FREE slot, and what another
	 * one puts there must not make the manager fail.
	 */
	atomic_store_explicit(&s->word, lease_word(generation, LEASE_BUSY), memory_order_release);
	return generation;
}

bool lease_revoke(struct lease_slot *s, uint64_t generation)
{
	return lease_change(s, generation, LEASE_IDLE, LEASE_FREE);
}

bool lease_want(struct lease_slot *s, uint64_t generation)
{
	return lease_change(s, generation, LEASE_BUSY, LEASE_WANTED);
}

bool lease_unwant(struct lease_slot *s, uint64_t generation)
{
	return lease_change(s, generation, LEASE_WANTED, LEASE_BUSY);
}

void lease_set_fate(struct lease_slot *s, enum lease_fate fate, uint32_t limit_s)
{
	atomic_store_explicit(&s->limit_s, limit_s, memory_order_relaxed);
	atomic_store_explicit(&s->fate, (uint32_t)fate, memory_order_release);
}

enum lease_fate lease_get_fate(
	const struct lease_slot *s, uint64_t generation, uint32_t *ret_limit_s)
{
	uint32_t fate = atomic_load_explicit(&s->fate, memory_order_acquire);
	uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);

	if (lease_word_generation(word) != generation || fate == LEASE_FATE_NONE ||
		fate >= LEASE_FATE_COUNT)
		return LEASE_FATE_NONE;
	*ret_limit_s = atomic_load_explicit(&s->limit_s, memory_order_relaxed);
	return (enum lease_fate)fate;
}

void lease_clear(struct lease_slot *s)
{
	/* FREE is 0, so one atomic AND keeps the generation, which the next grant counts up */
	(void)atomic_fetch_and_explicit(&s->word, ~LEASE_STATE_MASK, memory_order_acq_rel);
}

enum lease_state lease_get_state(const struct lease_slot *s, uint64_t generation)
{
	uint64_t word = atomic_load_explicit(&s->word, memory_order_acquire);

	if (lease_word_generation(word) != generation ||
		(word & LEASE_STATE_MASK) >= LEASE_STATE_COUNT)
		return LEASE_FREE;
	return lease_word_state(word);
}
