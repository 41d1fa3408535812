#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A pool that is warm is frozen: the supervisor has CRIU write an image of its parent, which goes
 * on. freeze_policy.h says when; thaw.h is about starts from the image.
 *
 *   NONE      nothing is done
 *   CLEARING  CRIU takes no process with a connection, and an image is to hold the parent alone:
 * the idle connections were taken back, and their children leave as those that are recycled.
 * Somebody who connects meanwhile ends it: at the next idle moment, then SENT      FREEZE was sent.
 * Connections are granted as always and wait in the backlog of the pool's socket. Who waits there
 * for longer than a start takes gets another parent
 *
 * The pool's timer (care.h) looks for the moment.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/manager/freeze_policy.h"
#include "daemon/manager/pace.h"
#include "proto/priv.h"

struct manager;
struct peer;
struct pool;

enum freeze_state {
	FREEZE_STATE_NONE = 0,
	FREEZE_CLEARING,
	FREEZE_SENT
};

/** Of a pool that was started at least once. */
struct freeze {
	enum freeze_state state;
	bool is_asked_for;     /* by an administrator, who waits for the answer */
	bool has_to_retire;    /* the pool was idle for long enough to end: it does so afterwards */
	bool is_told_shared;   /* the warning that virtual hosts share the image */
	bool pays_not;         /* auto: thawed starts were not faster */
	bool has_to_be_cold;   /* the next start: the image is being written */
	bool is_timing;        /* a connection that times the present start has been granted */
	uint64_t took_ns;      /* the present start, if it was answered before SPAWNED; else 0 */
	uint64_t spec_hash;    /* all that is noted here is of these settings */
	uint32_t php_serial;   /* ... and of this PHP */
	struct event patience; /* SENT, and somebody waits */
	struct pace cold;
	struct pace thawed;
	uint32_t done;                /* images that were written */
	uint32_t failures;            /* in a row */
	uint32_t busy;                /* somebody came in between, so often in a row */
	uint64_t retry_ns;            /* not before */
	uint32_t ms;                  /* that the last image took */
	uint64_t bytes;               /* of it */
	char problem[PRIV_TEXT_SIZE]; /* why freezing failed last; "": it did not */
	char dropped[PRIV_TEXT_SIZE]; /* why an image was not used last */
};

/** freeze_new() - Return: NULL without memory */
struct freeze *freeze_new(struct pool *p);
void freeze_free(struct pool *p);

/** freeze_look() - freeze the pool if it is time to. Return: when to look again; or UINT64_MAX */
uint64_t freeze_look(struct pool *p, uint64_t now_ns);

/** freeze_next_ns() - when freeze_look() is due at the latest */
uint64_t freeze_next_ns(const struct pool *p, uint64_t now_ns);

/**
 * freeze_before_end() - the pool is about to end, as it has been idle for long
 *
 * Return: true: it is frozen first, and ends then
 */
bool freeze_before_end(struct pool *p);

/** freeze_is_under_way() - also before FREEZE was sent */
bool freeze_is_under_way(const struct pool *p);

/** freeze_is_sent() - CRIU may be at work on its parent */
bool freeze_is_sent(const struct pool *p);

/** freeze_why() - why the pool is not frozen now */
enum freeze_why freeze_why(const struct pool *p);

/**
 * freeze_ask() - an administrator wants it frozen now
 *
 * Return: FREEZE_UNDER_WAY: @peer is answered when it is done; else why not
 */
enum freeze_why freeze_ask(struct pool *p, struct peer *peer, uint32_t sequence);

/** freeze_forget_image() - it is removed: the pool may be frozen again */
void freeze_forget_image(struct pool *p);

/* What happens to the pool meanwhile. */
void freeze_note_connected(struct pool *p); /* it has one connection more */
void freeze_note_closed(struct pool *p);    /* ... one less */
void freeze_note_retired(struct pool *p);   /* its parent was told to go */
void freeze_note_ended(struct pool *p);     /* it has gone, or was given up */

/** freeze_on_frozen() - the supervisor's answer. Return: false: a violation */
bool freeze_on_frozen(struct manager *m, const struct priv_message *msg);
