#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Requests that were refused: the last ones with the figures behind them, and all of them counted
 * by reason. One for each pool that ever refused something, and some for the host.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "proto/reason.h"

/** The last ones that are kept: enough to see a pattern, some KiB for a pool that has any. */
#define REFUSALS_KEPT 20U

struct refusal {
	enum reason reason;
	uint64_t at_ms;  /* wall clock, since 1970 */
	uint32_t pool;   /* 0: it was refused before there was a pool */
	uid_t uid;       /* that PHP would run as; without a name that of the process */
	pid_t peer_pid;  /* the process that asked */
	uint32_t in_use; /* children of the pool that somebody has */
	uint32_t limit;  /* ... and may be */
	uint32_t host_in_use;
	uint32_t host_limit; /* max_children_total */
	uint32_t queued;
	uint32_t queue_limit;
	uint32_t waited_ms;
	uint32_t next_try_ms; /* a pool that failed is not tried before; 0: whenever asked */
	uint32_t pools;
	uint32_t max_pools; /* 0: not what it is about */
	const char *name;   /* borrowed: of the pool; NULL: none was told */
	const char *detail; /* borrowed; NULL: the reason says it all */
};

struct refusal_kept {
	struct refusal refusal; /* views the two */
	char *name;             /* owned */
	char *detail;           /* owned */
};

struct refusals {
	struct refusal_kept kept[REFUSALS_KEPT];
	uint32_t used;
	uint32_t next; /* place of the one that comes */
	uint64_t count[REASON_COUNT];
};

void refusals_init(struct refusals *r);
void refusals_deinit(struct refusals *r);

/** refusals_new() - refusals_init() on the heap. Return: refusals_free() it; NULL: no memory */
struct refusals *refusals_new(void);

/** refusals_free() - accepts NULL; returns NULL */
struct refusals *refusals_free(struct refusals *r);

/** refusals_add() - keep a copy and count it; without memory its texts are lost */
void refusals_add(struct refusals *r, const struct refusal *f);

/** refusals_get() - @back: 0 is the newest. Return: borrowed until the next add; NULL: no more */
const struct refusal *refusals_get(const struct refusals *r, uint32_t back);

/**
 * refusal_format() - for people: what was refused and the figures, without the reason's name and
 * its remedy
 *
 * Return: bytes written, without the NUL. CONTROL_MAX_TEXT suffices: a name or a detail that is
 *         too long is cut, the figures are not.
 */
size_t refusal_format(const struct refusal *f, char *out, size_t size);
