#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Life of a pool's lsphp parent: asked of the supervisor, seen to serve, told to retire, exited.
 *
 * A pool has one parent at a time. Connections are made and granted before the parent exists, and
 * wait in the backlog of the pool's socket, which is the manager's.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/map.h"
#include "daemon/manager/start_queue.h"
#include "proto/priv.h"

struct manager;
struct pool;

/** All starts of the host. */
struct starter {
	struct start_queue queue; /* pools that wait for their turn */
	struct map by_spawn;      /* spawn id to pool, from SPAWN to EXITED or SPAWN_FAILED */
	struct map
		given_up; /* ids that the supervisor may still answer; what starts then retires */
	uint64_t last_spawn; /* ids count up */
	struct event tick;   /* while a pool is starting or draining */
	bool is_ticking;
};

/** starter_init() - Return: 0; -ENOMEM */
int starter_init(struct starter *st, struct manager *m) ATTR_MUST_USE;
void starter_deinit(struct starter *st);

/**
 * starter_begin() - a parent is wanted
 * @why: for the log; static
 *
 * The pool is STARTING afterwards, or DRAINING and will start again as soon as the retiring
 * parent has exited. Its socket listens in either case.
 *
 * Return: 0; -errno
 */
int starter_begin(struct pool *p, const char *why) ATTR_MUST_USE;

/** starter_next() - those whose turn it is; for when the bound was raised */
void starter_next(struct manager *m);

/** starter_served() - a child of this parent was seen to answer */
void starter_served(struct pool *p, uint64_t spawn_id);

/** starter_retire() - tell the parent to go; the connections are the caller's business */
void starter_retire(struct pool *p, const char *why);

/** starter_is_current() - does this spawn's parent run, and will it go on running? */
bool starter_is_current(const struct pool *p, uint64_t spawn_id);

/** starter_count() - parents that were asked for and have not ended, as far as is known */
size_t starter_count(const struct starter *st);

/** starter_kill() - the parent and all that descends from it; once */
void starter_kill(struct pool *p);

/** starter_give_up_barren() - the parent has never been able to fork: it is FAILED when it ends */
void starter_give_up_barren(struct pool *p);

/**
 * starter_give_up() - its SPAWN has no answer: whoever waits is told so
 *
 * The pool is FAILED afterwards, or COLD if it was to retire; unchanged if there is no memory. An
 * answer that comes all the same is known as late. If the supervisor has said nothing at all since,
 * those who wait for their turn to be asked for wait in vain, and fail too.
 */
void starter_give_up(struct pool *p);

/**
 * starter_give_up_frozen() - CRIU takes too long with it: whoever waits gets another parent
 *
 * It is told to retire, which it does when CRIU is done.
 */
void starter_give_up_frozen(struct pool *p);

/* What the supervisor says; an id that it cannot mean is a violation: false. */
bool starter_on_spawned(struct manager *m, const struct priv_message *msg);
bool starter_on_failed(struct manager *m, const struct priv_message *msg);
bool starter_on_exited(struct manager *m, const struct priv_message *msg);
bool starter_on_user_file(struct manager *m, const struct priv_message *msg, int fd);
