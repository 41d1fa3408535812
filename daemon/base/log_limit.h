#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many lines the log may have. Pure: time is an argument, and nothing is allocated.
 *
 * An event has a bucket for each pool it tells of (one more for lines that tell of none), and one
 * for all of them together: a site in trouble takes no line from the others, and thousands of sites
 * in trouble fill no disk. What is left out is counted. The next line of that event and pool tells
 * how many there were; if none comes, log_limit_next_untold() does.
 *
 * A pool that has its whole burst again and nothing untold is forgotten when its place is needed.
 * Where no place is free, the bucket of all pools decides alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/log.h"
#include "daemon/base/log_event.h"
#include "daemon/base/ratelimit.h"

#define LOG_LIMIT_SETS 64U
#define LOG_LIMIT_WAYS 8U
/** Lines of such events, and debug lines, may be so many times as many. */
#define LOG_LIMIT_MANY 10U
/** So long after the last line that was left out, the next one is waited for no more. */
#define LOG_LIMIT_SILENCE_NS 30000000000ULL

/** Whose line it is. */
struct log_limit_key {
	size_t event; /* log_event_find(), below LOG_EVENT_COUNT */
	enum log_level level;
	const char *pool; /* NULL: of no pool */
};

struct log_limit_count {
	struct ratelimit rate;
	uint64_t left_out; /* untold */
	uint64_t last_ns;  /* when the last of them was */
	enum log_level level;
};

struct log_limit_place {
	uint64_t hash; /* of the pool's name */
	size_t event;
	bool is_used;
	char pool[64]; /* its name, maybe cut; "": of no pool */
	struct log_limit_count count;
};

struct log_limit {
	struct log_limit_terms terms;
	uint64_t next_ns; /* when to look for what is untold; UINT64_MAX: not at all */
	struct log_limit_count all[LOG_EVENT_COUNT];
	struct log_limit_place place[LOG_LIMIT_SETS][LOG_LIMIT_WAYS];
};

/** What nobody has told of yet. */
struct log_limit_untold {
	const char *event;
	const char *pool; /* borrowed until the next line; NULL: of no pool, or of several */
	enum log_level level;
	uint64_t left_out;
};

/** log_limit_init() - no line was written yet */
void log_limit_init(struct log_limit *l, const struct log_limit_terms *terms, uint64_t now_ns);

/**
 * log_limit_take() - may this line be written?
 * @ret_left_out: if so: how many were not before it
 */
bool log_limit_take(struct log_limit *l, const struct log_limit_key *key, uint64_t now_ns,
	uint64_t *ret_left_out);

/**
 * log_limit_next_untold() - walk through what is to be told
 * @at:      0 at the beginning; the walk goes on until false is returned
 * @is_last: all of it, also where the next line may be near
 */
bool log_limit_next_untold(struct log_limit *l, size_t *at, uint64_t now_ns, bool is_last,
	struct log_limit_untold *ret);
