#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * When has a burst of events ended? A package consists of many files: look when nothing has
 * happened for a while, but do not wait for ever. Pure: time is an argument.
 */

#include <stdbool.h>
#include <stdint.h>

/** Nothing more for this long: it is over. */
#define SETTLE_QUIET_NS 1000000000ULL
/** Look after this long, whatever still happens. */
#define SETTLE_MOST_NS 8000000000ULL

struct settle {
	bool is_open; /* something has happened since settle_close() */
	uint64_t first_ns;
	uint64_t last_ns;
};

/** settle_note() - something has happened */
void settle_note(struct settle *s, uint64_t now_ns);

/** settle_left_ns() - how long until it is time to look; 0: now. Only while it is open */
uint64_t settle_left_ns(const struct settle *s, uint64_t now_ns);

/** settle_close() - somebody looks now: what happens later is another burst */
void settle_close(struct settle *s);
