#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an order does to one pool, and when that is done.
 *
 *   drain    its PHP is told to end, as by a reload that changes its settings: what it runs
 *            finishes. Requests that come meanwhile wait, and a fresh parent is started for them
 *   restart  the same, and a fresh parent is started whether or not somebody waits. One that does
 *            not run stays so, unless it has failed, or was stopped and is named itself
 *   stop     the same, but requests are refused until a restart or a warm
 *   kill     all of its PHP is killed, with the requests under way. Those that no child had read
 *            yet are served by a fresh parent
 *   warm     it is started, and a connection is made to see it serve
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "proto/control.h"

struct backend;
struct manager;
struct pool;

enum steer_state {
	STEER_WAITING = 0, /* for its turn */
	STEER_UNDER_WAY,
	STEER_DONE,
	STEER_FAILED
};

/** One pool of an order. */
struct steer_item {
	uint32_t pool; /* 0: a mark of who is stopped, without a pool that is known */
	uid_t uid;
	char *name; /* owned */
	enum steer_state state;
	const char *did;     /* stable word: what was done to it; static */
	char *problem;       /* owned; FAILED: why, for people; NULL: none */
	const char *reason;  /* stable word of it; static */
	uint64_t last_spawn; /* parents with a greater id are fresh */
	bool is_named;       /* it was meant itself, not as one of many */
	bool was_stopped;    /* when the order came */
	int32_t old_pid;     /* of the parent that it had; 0: none */
	bool is_up;          /* a fresh parent serves */
	bool has_knocked;
};

/** steer_deed_begin() - do to @p what is ordered. The item is DONE or FAILED at once if that is
 * known */
void steer_deed_begin(struct pool *p, struct steer_item *item, enum control_steer_action action);

/** steer_deed_look() - is an item that is under way done? @p: NULL: it was forgotten */
void steer_deed_look(struct pool *p, struct steer_item *item, enum control_steer_action action);

/** steer_deed_fail() - printf-like; @reason: static */
void steer_deed_fail(struct steer_item *item, const char *reason, const char *format, ...)
	ATTR_PRINTF(3, 4);

/** steer_deed_running() - connections to PHP that has to end, with a request under way or not */
uint32_t steer_deed_running(const struct pool *p, const struct steer_item *item);

/** steer_deed_on_answer() - PHP has answered on a connection that was made to see it serve */
void steer_deed_on_answer(struct backend *b);
