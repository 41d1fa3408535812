#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long to wait before a pool whose lsphp failed is started again. Pure: time is an argument.
 *
 * A parent that had served for a while and then died is started again at once, so that a single
 * kill costs nobody anything; one that never served, or dies young again and again, is not
 * allowed to eat the host with attempts.
 */

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FIRST_NS 1000000000ULL /* then twice as long each time ... */
#define BACKOFF_LONGEST_NS                                                                         \
	60000000000ULL /* ... up to this: an administrator who mends it waits no longer */
/** A parent that lived this long was healthy: its end does not count with earlier ones. */
#define BACKOFF_HEALTHY_NS 10000000000ULL
/** Failures further apart than this have nothing to do with each other. */
#define BACKOFF_FORGET_NS 300000000000ULL

struct backoff {
	uint32_t failures; /* in a row */
	uint64_t last_ns;  /* of the last failure */
	uint64_t until_ns; /* no start before this */
};

#define BACKOFF_NONE                                                                               \
	{                                                                                          \
		.failures = 0, .last_ns = 0, .until_ns = 0                                         \
	}

/**
 * backoff_fail() - the parent could not be started, or it ended unasked
 * @has_served: it was seen to serve
 * @lived_ns:   how long it ran
 */
void backoff_fail(struct backoff *b, bool has_served, uint64_t lived_ns, uint64_t now_ns);

/** backoff_left_ns() - time until the next start is allowed; 0: now */
uint64_t backoff_left_ns(const struct backoff *b, uint64_t now_ns);
