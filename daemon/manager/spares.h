#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Idle connections whose place another pool could have when the host is full.
 *
 * Whether a connection is idle stands in memory that its holder changes without a word, so that no
 * list of them is true for long. One walk over all connections takes notes; questions are answered
 * from the notes, each of which is looked at again first. A walk that found nothing for whoever
 * asked is not repeated before it has been paid for: a flood of requests on a full host costs a
 * few percent of a processor at most, and an idle connection is overlooked for some milliseconds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"

struct backend;
struct manager;
struct pool;

struct spares {
	struct list rich; /* noted: of users above their share; longest idle first */
	struct list rest; /* noted: of the others */
	uint64_t walk_again_ns;
	uint64_t want_again_ns;
};

void spares_init(struct spares *s);

/** spares_find() - the one whose place pool @p should have, by fair.h; NULL: none is known */
struct backend *spares_find(struct manager *m, const struct pool *p, uint64_t now_ns);

/** spares_note() - nobody holds this one since just now */
void spares_note(struct manager *m, struct backend *b);

/**
 * spares_want() - have the connections of users above their share back as they become free
 *
 * For a waiter below his. As rarely as walks.
 *
 * Return: true if some of them turned out to be idle: look again.
 */
bool spares_want(struct manager *m, uint64_t now_ns);
