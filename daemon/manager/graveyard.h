#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where dead objects wait until the turn of the event loop ends: another event of the same turn
 * may still point at them.
 */

#include "daemon/base/list.h"

struct grave;
typedef void (*grave_free_fn)(struct grave *g);

/** Embedded in each object that events point at. */
struct grave {
	struct list_node node;
	grave_free_fn free_object;
};

/** graveyard_add() - the object is dead; @free_object runs at the end of this turn, once */
static inline void graveyard_add(struct list *yard, struct grave *g, grave_free_fn free_object)
{
	if (g->node.list)
		return;
	g->free_object = free_object;
	list_push_back(yard, &g->node);
}

/** graveyard_empty() - the turn has ended */
static inline void graveyard_empty(struct list *yard)
{
	struct list_node *n;

	while ((n = list_pop_front(yard))) {
		struct grave *g = LIST_OWNER(n, struct grave, node);

		g->free_object(g);
	}
}
