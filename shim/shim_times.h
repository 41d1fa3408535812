#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* When the parts of a request began and how long they took; CLOCK_MONOTONIC. */

#include <stdbool.h>
#include <stdint.h>

enum shim_part {
	SHIM_PART_TARGET = 0, /* who runs it, and in which pool */
	SHIM_PART_BODY,       /* as much of the request as is read before PHP is asked */
	SHIM_PART_LEASE,      /* until PHP was free */
	SHIM_PART_SEND,       /* the request to PHP; the client may be slow */
	SHIM_PART_FIRST,      /* until the first byte of the answer */
	SHIM_PART_REST,       /* the rest, and what of it httpd passed on */
	SHIM_PART_COUNT
};

struct shim_times {
	bool is_over;
	unsigned tries;      /* connections to PHP; their parts are added up */
	uint64_t since_ns;   /* the last mark */
	uint64_t granted_ns; /* the last try had a connection */
	uint64_t heard_ns;   /* the first word came on it; 0: none yet */
	uint64_t head_ns;    /* what came last before its answer, or brought it */
	uint64_t spent_ns[SHIM_PART_COUNT];
};

/** shim_times_start() - the request begins */
void shim_times_start(struct shim_times *t);

/** shim_times_stop() - what follows is not this request's */
void shim_times_stop(struct shim_times *t);

/** shim_times_mark() - what has passed since the last mark belongs to @part */
void shim_times_mark(struct shim_times *t, enum shim_part part);

/** shim_times_hear() - PHP has said something, and it may be the begin of its answer */
void shim_times_hear(struct shim_times *t);

/** shim_times_get_us() - microseconds of one part; of all for SHIM_PART_COUNT */
uint64_t shim_times_get_us(const struct shim_times *t, enum shim_part part);
