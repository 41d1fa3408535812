#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Starts of a pool from its image, and how long its starts take: what is measured decides whether
 * images pay for this pool (freeze_policy.h).
 *
 * A start is timed by the first connection that is granted for it: its holder is asked for it after
 * the request, and has noted in the lease table when that was done.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/priv.h"

struct backend;
struct pool;

/** thaw_begin() - a start is wanted: nobody times it yet */
void thaw_begin(struct pool *p);

/** thaw_prepare() - the pool is about to be started, with the settings that are noted of it */
void thaw_prepare(struct pool *p);

/** thaw_is_allowed() - may the supervisor use an image? For one start; after thaw_prepare() */
bool thaw_is_allowed(struct pool *p);

/** thaw_note_spawned() - the supervisor tells what it has done */
void thaw_note_spawned(struct pool *p, const struct priv_message *msg);

/**
 * thaw_has_to_time() - is @b, which is about to be lent, the one that times the present start?
 *
 * Then its holder has to be asked for it.
 */
bool thaw_has_to_time(struct backend *b);

/** thaw_note_answer() - a request on @b was answered then; nothing if it does not time a start */
void thaw_note_answer(struct backend *b, uint64_t end_ns);
