#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Requests that run for longer than slow_time: told of once each, with what their PHP does
 * meanwhile. Nothing is done to them. The manager knows which request it is (lease_note.h), the
 * supervisor looks at the process (PRIV_SIGNAL_CHILD_DUMP).
 *
 * A look at a process costs root some milliseconds: of a site with a thousand slow requests a few
 * are told of a second, of all sites together some more. What is left out is counted, and the count
 * told with the next of that site.
 */

#include <stdbool.h>
#include <stdint.h>

struct pool;

/** What is remembered of one connection; zeroed: nothing. */
struct slow {
	uint64_t told_ns; /* begin of the request that was told of */
};

/**
 * slow_is_due() - has this one to be told of now? Pure
 * @since_ns: begin of the request, as its holder says
 * @ret_next_ns: when to look again at the latest
 */
bool slow_is_due(struct slow *s, uint64_t since_ns, uint64_t limit_ns, uint64_t now_ns,
	uint64_t *ret_next_ns);

/** slow_look() - at all requests of a pool. Return: when to look again; UINT64_MAX: never */
uint64_t slow_look(struct pool *p, uint64_t now_ns);

/** slow_next_ns() - a request may have begun just now */
uint64_t slow_next_ns(const struct pool *p, uint64_t now_ns);
