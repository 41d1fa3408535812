#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How a request waits when its pool is busy, and what it is told if it is refused. Strongest first:
 * the pool file, what was written on Apache's side (it comes with each LEASE), lsapid.conf, the
 * documented default. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/reason.h"

/** What the configuration says for one pool. */
struct wait_settings {
	bool is_queue;          /* when_busy = queue */
	bool is_mode_of_file;   /* ... which the pool file says: Apache's side has no say */
	uint32_t queue_length;  /* most that wait at once */
	uint32_t queue_wait_ms; /* longest that one waits */
	bool is_wait_of_file;   /* ... which the pool file says */
	uint32_t busy_status;   /* of HTTP: 507 or 503 */
};

/**
 * wait_terms_decide() - how long may this request wait
 * @asked_ms: wait of its LEASE
 * @flags:    CONTROL_LEASE_*
 *
 * Return: 0: not at all (reject mode).
 */
uint32_t wait_terms_decide(const struct wait_settings *s, uint32_t asked_ms, uint32_t flags);

/** wait_terms_status() - what the browser is told; 0: whatever the shim has for the reason */
uint32_t wait_terms_status(const struct wait_settings *s, enum reason reason);

/** Nobody is told to come back later than this: the figure is an estimate. */
#define WAIT_TERMS_RETRY_MAX_S 120U

/**
 * wait_terms_retry_after_s() - when there is likely room again
 * @busy_ns: how long the requests under way have been running, on average
 * @queued:  who waits already
 * @limit:   children
 *
 * What has been running for so long will, on average, run for as long again; and each round frees
 * as many places as there are children.
 */
uint32_t wait_terms_retry_after_s(uint64_t busy_ns, uint32_t queued, uint32_t limit);
