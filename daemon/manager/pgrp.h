#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A parent that has served pgrp_max_reqs requests, or lost pgrp_max_crashes children, is replaced
 * by a fresh one (behaviours.md B44), as at the end of max_lifetime: what it runs finishes.
 *
 * No message tells that a request is done. What each connection has served stands in its slot of a
 * lease table, so it is summed up from time to time, by the pool's timer (care.h). Near the end
 * that would be too coarse: then no connection stays with an Apache process, each comes back after
 * its request, and is counted when it does.
 */

#include <stdbool.h>
#include <stdint.h>

struct backend;
struct pool;

/** Between two looks at a pool that has such a limit. */
#define PGRP_LOOK_NS 2000000000ULL
/** So many requests before the end each one is counted when it is done. */
#define PGRP_EXACT 256U

struct pgrp_figures {
	uint64_t served;
	uint32_t crashes;
	uint32_t max_served;  /* 0: any number */
	uint32_t max_crashes; /* 0: any number */
};

enum pgrp_step {
	PGRP_GO_ON,
	PGRP_COUNT,  /* ... but each request has to be told of */
	PGRP_FULL,   /* max_served is reached */
	PGRP_CRASHED /* max_crashes is */
};

/** pgrp_decide() - what has to be done with a parent; pure */
enum pgrp_step pgrp_decide(const struct pgrp_figures *f);

/** pgrp_served() - requests that the present parent has served, as far as is told */
uint64_t pgrp_served(const struct pool *p);

/** pgrp_has_to_count() - has a connection that is granted now to come back after its request? */
bool pgrp_has_to_count(const struct pool *p);

/** pgrp_note_closed() - a connection ends, with what it has served */
void pgrp_note_closed(const struct backend *b);

/** pgrp_note_crash() - its child has ended in the middle of a request */
void pgrp_note_crash(const struct backend *b);

/**
 * pgrp_look() - replace the parent if it is due
 *
 * Return: when to look again; UINT64_MAX: not for this
 */
uint64_t pgrp_look(struct pool *p, uint64_t now_ns);

/** pgrp_next_ns() - when pgrp_look() is due at the latest */
uint64_t pgrp_next_ns(const struct pool *p, uint64_t now_ns);
