#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Intrusive pairing heap: the least element at once, everything else in O(log n), amortised. It
 * needs no memory of its own, so that nothing can fail. Of equal elements any may come first.
 *
 * Source: Fredman, Sedgewick, Sleator, Tarjan, "The pairing heap", Algorithmica 1 (1986).
 */

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
	struct heap_node *child;  /* the first of those below */
	struct heap_node *next;   /* sibling */
	struct heap_node **owner; /* what points here; NULL: in no heap */
};

/** heap_less_fn - does @a come before @b? */
typedef bool (*heap_less_fn)(struct heap_node *a, struct heap_node *b);

struct heap {
	struct heap_node *root;
	heap_less_fn less;
	size_t count;
};

#define HEAP_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

void heap_init(struct heap *h, heap_less_fn less);

/** heap_insert() - @n is in no heap */
void heap_insert(struct heap *h, struct heap_node *n);

/** heap_remove() - nothing happens if it is in none */
void heap_remove(struct heap *h, struct heap_node *n);

/** heap_first() - the least, or NULL; stays */
static inline struct heap_node *heap_first(const struct heap *h)
{
	return h->root;
}

static inline bool heap_is_empty(const struct heap *h)
{
	return !h->root;
}

static inline bool heap_node_is_in(const struct heap_node *n)
{
	return n->owner != NULL;
}
