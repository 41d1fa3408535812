/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/heap.h"

#include <assert.h>

void heap_init(struct heap *h, heap_less_fn less)
{
	*h = (struct heap){ .less = less };
}

static void put(struct heap_node **owner, struct heap_node *n)
{
	*owner = n;
	if (n)
		n->owner = owner;
}

/* Two trees without siblings become one. */
static struct heap_node *meld(const struct heap *h, struct heap_node *a, struct heap_node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (h->less(b, a)) {
		struct heap_node *swap = a;

		a = b;
		b = swap;
	}
	put(&b->next, a->child);
	put(&a->child, b);
	return a;
}

/* The children of one that goes: pairs from left to right, then all of these from right to left. */
static struct heap_node *meld_children(const struct heap *h, struct heap_node *first)
{
	struct heap_node *pairs = NULL, *tree = NULL;

	while (first) {
		struct heap_node *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(h, a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct heap_node *a = pairs;

		pairs = a->next;
		a->next = NULL;
		tree = meld(h, tree, a);
	}
	return tree;
}

void heap_insert(struct heap *h, struct heap_node *n)
{
	assert(!heap_node_is_in(n));
	n->child = n->next = NULL;
	put(&h->root, meld(h, h->root, n));
	h->count++;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *rest;

	if (!heap_node_is_in(n))
		return;
	/* out of the tree with all that is below it, which then comes back */
	put(n->owner, n->next);
	rest = meld_children(h, n->child);
	put(&h->root, meld(h, h->root, rest));
	n->child = n->next = NULL;
	n->owner = NULL;
	h->count--;
}
