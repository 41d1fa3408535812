#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * PHP children that keep too much memory after a request (max_memory) are ended, and others forked
 * when they are needed. Never in the middle of a request: a child is idle, and its connection in
 * nobody's hands, when it is told to go.
 *
 *   idle, too large     its connection is taken back, goes to the pool's list of those that leave,
 *                       and the child gets SIGTERM, which ends it at once as it waits in read(2).
 *                       The connection is kept meanwhile: else the child would accept another.
 *                       It ends by hanging up (hangup.h)
 *   busy, too large     its holder is asked for the connection; then it is weighed again, as the
 *                       memory of a request goes with it
 *   its place           counts against the limit until it is gone: a request that finds the pool
 *                       full meanwhile waits for it, also in reject mode (admit.c)
 *   does not go         SIGKILL after some seconds, then the connection is closed
 *
 * No message tells that a request is done, so children are weighed from time to time, and only
 * those that have served since: the pool's timer does it while there are connections (care.h).
 * A child that never told its pid, as one of a foreign lsphp that took its connection from the
 * listener, can not be weighed.
 */

#include <stdbool.h>
#include <stdint.h>

struct backend;
struct pool;

/** Between two looks at a pool. */
#define RECYCLE_LOOK_NS 2000000000ULL
/** Children that are weighed in one turn of the loop, 10 microseconds each; the rest in the next.
 */
#define RECYCLE_BATCH 64U
/** A child that has nothing to do ends within milliseconds. */
#define RECYCLE_KILL_NS 5000000000ULL
/** Its place is free in milliseconds: a request at the pool's limit waits for that, so long. */
#define RECYCLE_WAIT_MS 1000U
/** ... and so long for a lease that is on its way back: its holder may be at work again by then. */
#define RECYCLE_RETURN_MS 200U

/** recycle_look() - what is due in a pool. Return: when to look again; UINT64_MAX: not for this */
uint64_t recycle_look(struct pool *p, uint64_t now_ns);

/** recycle_next_ns() - when recycle_look() has something to do at the latest */
uint64_t recycle_next_ns(struct pool *p, uint64_t now_ns);

/** recycle_wait_ms() - how long a request should wait that finds the pool full now; 0: not for this
 */
uint32_t recycle_wait_ms(const struct pool *p);

/** recycle_suspect() - ask the holder of a busy connection for it, to weigh its child */
void recycle_suspect(struct backend *b);

/**
 * recycle_surplus() - nobody holds it, and there are more than max_connections: its child leaves in
 * the same way
 */
void recycle_surplus(struct backend *b);

/**
 * recycle_retired() - nobody holds it, and its parent ends: its child leaves in the same way
 *
 * Closed, a foreign lsphp's child would serve whoever comes next, with the settings of before.
 */
void recycle_retired(struct backend *b);

/** recycle_cleared() - nobody holds it, and its parent is to be frozen: its child leaves, too */
void recycle_cleared(struct backend *b);

/** recycle_forget() - the connection ends, whatever it was asked back for */
void recycle_forget(struct backend *b);

/**
 * recycle_returned() - a connection that was asked for because of its child's memory is back
 *
 * Return: true: its child is still too large and leaves; false: it may be used again
 */
bool recycle_returned(struct backend *b);
