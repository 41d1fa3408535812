#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A lease: a connection lent to a session. Its state is one word in the table that the session
 * shares with us (proto/lease_table.h); the rest is in struct backend. Only the functions here
 * make and end leases, so that table, slots and lists always agree.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "proto/crash.h"

struct backend;
struct manager;
struct pool;
struct session;

/**
 * lease_lend() - lend a connection that nobody holds
 *
 * Afterwards it is in the pool's held list, its slot busy under a new generation; b->slot and
 * b->generation say which. The caller sends the GRANT.
 *
 * Return: 0; -ENOMEM
 */
int lease_lend(struct backend *b, struct session *s) ATTR_MUST_USE;

/**
 * lease_recall() - take the connection back if the lease is idle
 *
 * Return: true: nobody holds it now; false: its holder was faster and uses it.
 */
bool lease_recall(struct backend *b);

/** lease_end() - the holder gave it up (RETURN): nobody holds it now */
void lease_end(struct backend *b);

/** lease_close() - end the lease whatever it does, and the connection with it */
void lease_close(struct backend *b);

/** lease_is_busy() - as the table says now; false if nobody holds it */
bool lease_is_busy(const struct backend *b);

/** lease_find_oldest_idle() - the lease of a pool that is idle for longest, or NULL */
struct backend *lease_find_oldest_idle(
	const struct pool *p, uint64_t now_ns, uint64_t *ret_idle_ns);

/** lease_is_idle() - does nobody use it now, held or not? Then *ret_idle_ns: for how long */
bool lease_is_idle(const struct backend *b, uint64_t now_ns, uint64_t *ret_idle_ns);

/** lease_condemn() - nobody gets the connection again: its holder is asked for it, and it is closed
 */
void lease_condemn(struct backend *b);

/** lease_ask_for() - its holder is asked for a RETURN. Return: false: it is idle by now */
bool lease_ask_for(struct backend *b);

/**
 * lease_give_up() - close a connection when its request is done: at once if it is idle
 *
 * Return: false: it is busy, and its holder was asked for a RETURN; true: it is gone.
 */
bool lease_give_up(struct backend *b);

/**
 * lease_retire() - give up all connections to the parent that is about to end
 *
 * Idle ones are closed at once, busy ones when their request is done: their holder is asked for a
 * RETURN, so that no later request is served by the generation that goes.
 */
void lease_retire(struct pool *p);

/**
 * lease_note_crash() - tell who holds the connection of a child what has killed it
 *
 * Return: its pid for the log; that of lsphp's line, if this host's is not known.
 */
uint32_t lease_note_crash(struct pool *p, const struct crash *c);

/**
 * lease_want() of all: somebody waits, so each holder is asked to RETURN when it is done
 *
 * Return: true; false if one of them had become idle meanwhile: look again.
 */
bool lease_want_all(struct pool *p);

/** lease_ask_back() - the same once, for a waiter of another pool: nobody takes it back */
bool lease_ask_back(struct pool *p);

/** lease_unwant_all() - nobody waits any more */
void lease_unwant_all(struct pool *p);

/**
 * lease_forget_hung_up() - lsphp has closed this connection: forget it unless it is busy
 *
 * Return: true if it is gone; false: its holder is to say CLOSE, or look again later.
 */
bool lease_forget_hung_up(struct backend *b);

/** lease_drop_idle() - close whatever of the pool is not busy. Return: how many stay */
uint32_t lease_drop_idle(struct pool *p);

/** lease_mean_busy_ns() - how long the requests under way have been running, on average; 0: none */
uint64_t lease_mean_busy_ns(const struct pool *p, uint64_t now_ns);

/** lease_note_thawed() - the parent was, or seems to be: tell those who hold its connections */
void lease_note_thawed(struct pool *p);

/** lease_has_served() - does the table prove that some child answered on a connection made for
 * this parent? */
bool lease_has_served(const struct pool *p, uint64_t spawn_id);
