#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lease table: memory shared by one Apache process (a session) and the manager.
 *
 * One slot per lease. The state of a lease is one 64-bit word, generation and state together, so
 * that each change is one compare-and-swap and an old holder can never touch a newer lease.
 * Taking and returning a kept connection is done here alone: no message, no system call.
 *
 *                  shim: take                 shim: done
 *        IDLE ------------------> BUSY ------------------> IDLE
 *          |                        |
 *          | manager: revoke        | manager: want (somebody waits)
 *          v                        v
 *        FREE <------------------ WANTED      shim: done fails, it sends RETURN
 *               manager: clear
 *
 * FREE -> BUSY is the manager's grant: the thread that asked gets the lease as busy.
 * FREE is also where a revoked lease goes: the shim that still has its descriptor finds another
 * word than it remembers (or a newer generation) and closes its copy.
 *
 * Who may write: the manager every field; the shim the word (only the transitions above),
 * since_ns, requests, child_pid and its note. The manager treats everything the shim writes as a
 * hint: a wrong value does no more harm than a process that holds the connections can do anyway
 * (see SECURITY.md). Nothing in here is a length, an index or a pointer that the manager follows.
 *
 * Memory order: take is an acquire, done is a release, so that whoever holds the lease next sees
 * since_ns and requests of the holder before. since_ns is stored before the word changes, so that
 * whoever sees BUSY with an acquire (lease_get_state()) never takes the idle time for work. All
 * are plain lock-free atomics on both sides.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/lease_note.h"

/** "LSLT" and the layout's version; the shim refuses a table with another one. */
#define LEASE_TABLE_MAGIC   0x544c534cU
#define LEASE_TABLE_VERSION 3U

/** Leases one Apache process may hold at once: 576 KiB, touched only as far as it is used. */
#define LEASE_TABLE_SLOTS 1024U

enum lease_state {
	LEASE_FREE = 0,
	LEASE_IDLE = 1,
	LEASE_BUSY = 2,
	LEASE_WANTED = 3,
	LEASE_STATE_COUNT
};

/** Why the child ends, or has ended, that serves a lease: for the log of who holds it. */
enum lease_fate {
	LEASE_FATE_NONE = 0,
	LEASE_FATE_RUNAWAY = 1, /* its request ran for longer than max_process_time */
	LEASE_FATE_KILLED = 2,  /* not the manager's doing: a signal has killed it (crash.h) */
	LEASE_FATE_ENDED = 3,   /* an administrator has all PHP of its pool killed */
	LEASE_FATE_COUNT
};

struct lease_slot {
	_Atomic uint64_t word;      /* generation << 8 | enum lease_state */
	_Atomic uint64_t since_ns;  /* CLOCK_MONOTONIC: BUSY since, or IDLE since */
	_Atomic uint32_t requests;  /* requests done on this connection */
	_Atomic uint32_t child_pid; /* lsphp child that serves it, 0 if not told */
	_Atomic uint32_t fate;      /* enum lease_fate; the manager's */
	_Atomic uint32_t limit_s; /* that the fate is about; KILLED: crash_pack(); the manager's */
	/* child_pid is one of a pid namespace of its own, which says nothing here; the manager's */
	_Atomic uint32_t has_foreign_pid;
	uint8_t reserved[28];
};

struct lease_table {
	uint32_t magic;
	uint32_t version;
	uint32_t slot_count;
	uint32_t slot_size;
	uint8_t reserved[48];
	struct lease_slot slot[LEASE_TABLE_SLOTS];
	struct lease_note note[LEASE_TABLE_SLOTS]; /* what runs on each, see lease_note.h */
};

_Static_assert(sizeof(struct lease_slot) == 64, "a slot is one cache line");
_Static_assert(sizeof(struct lease_table) == 64 + (64 + 512) * LEASE_TABLE_SLOTS, "no padding");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "the table is shared between processes");

static inline uint64_t lease_word(uint64_t generation, enum lease_state state)
{
	return generation << 8 | (uint64_t)state;
}

static inline enum lease_state lease_word_state(uint64_t word)
{
	return (enum lease_state)(word & 0xff);
}

static inline uint64_t lease_word_generation(uint64_t word)
{
	return word >> 8;
}

/** lease_generation_is_valid() - 56 bits and not 0, which stands for no lease */
static inline bool lease_generation_is_valid(uint64_t generation)
{
	return generation && !(generation >> 56);
}

/**
 * lease_table_init() - write the header (manager)
 * @t: zeroed, as a new memfd is: then every slot is FREE with generation 0 already, and pages of
 *     slots that are never used are never touched
 */
void lease_table_init(struct lease_table *t);

/** lease_table_is_valid() - header as this build expects it, in @size bytes (shim) */
bool lease_table_is_valid(const struct lease_table *t, size_t size);

/* --- shim's side ------------------------------------------------------------------------- */

/**
 * lease_take() - IDLE to BUSY
 * @generation: the one this process was granted; any other means the lease is gone
 *
 * Return: true if the connection is now the caller's; false: close the descriptor, forget it.
 */
bool lease_take(struct lease_slot *s, uint64_t generation, uint64_t now_ns);

/**
 * lease_done() - BUSY to IDLE after a complete, reusable response
 *
 * Return: true if kept; false if the manager WANTs it: send RETURN, keep no copy of the fd. Send
 *         it even if a second look says BUSY, for the waiter may have gone; only a lease that was
 *         cleared (LEASE_FREE) needs none, and the manager ignores one for it.
 */
bool lease_done(struct lease_slot *s, uint64_t generation, uint64_t now_ns);

/**
 * lease_get_fate() - after a failed exchange, before CLOSE: has the manager ended it, and why
 * @ret_limit_s: limit that was passed; written if not LEASE_FATE_NONE
 */
enum lease_fate lease_get_fate(
	const struct lease_slot *s, uint64_t generation, uint32_t *ret_limit_s);

/* --- manager's side ---------------------------------------------------------------------- */

/**
 * lease_grant() - FREE to BUSY under a new generation, which is returned (never 0)
 *
 * requests, child_pid and fate start at 0. Call it before the GRANT message is sent.
 */
uint64_t lease_grant(struct lease_slot *s, uint64_t now_ns);

/** lease_revoke() - IDLE to FREE; false if it is not IDLE in @generation */
bool lease_revoke(struct lease_slot *s, uint64_t generation);

/** lease_want() - BUSY to WANTED; false if it is not BUSY in @generation (look again) */
bool lease_want(struct lease_slot *s, uint64_t generation);

/** lease_unwant() - WANTED back to BUSY when the waiter has gone; false if not WANTED */
bool lease_unwant(struct lease_slot *s, uint64_t generation);

/** lease_set_fate() - before the child is told to end: its holder is to know why */
void lease_set_fate(struct lease_slot *s, enum lease_fate fate, uint32_t limit_s);

/** lease_clear() - whatever it is to FREE: the shim gave it up, or its process has ended */
void lease_clear(struct lease_slot *s);

/**
 * lease_get_state() - current state if the slot is still in @generation, else LEASE_FREE
 *
 * Also LEASE_FREE for a value that is no state: what comes back is always in range.
 */
enum lease_state lease_get_state(const struct lease_slot *s, uint64_t generation);
