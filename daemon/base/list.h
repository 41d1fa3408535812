#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Intrusive doubly linked list with a count. A node is in one list at most; list_remove() on a
 * node that is in none does nothing, so that destructors need not know.
 */

#include <stdbool.h>
#include <stddef.h>

struct list;

struct list_node {
	struct list_node *next; /* borrowed */
	struct list_node *prev; /* borrowed */
	struct list *list;      /* borrowed: the list it is in, NULL if none */
};

struct list {
	struct list_node head;
	size_t count;
};

#define LIST_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->head.next = l->head.prev = &l->head;
	l->head.list = l;
	l->count = 0;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->count == 0;
}

static inline void list_insert_between(
	struct list *l, struct list_node *n, struct list_node *prev, struct list_node *next)
{
	n->prev = prev;
	n->next = next;
	n->list = l;
	prev->next = n;
	next->prev = n;
	l->count++;
}

static inline void list_push_front(struct list *l, struct list_node *n)
{
	list_insert_between(l, n, &l->head, l->head.next);
}

static inline void list_push_back(struct list *l, struct list_node *n)
{
	list_insert_between(l, n, l->head.prev, &l->head);
}

static inline void list_remove(struct list_node *n)
{
	if (!n->list)
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->list->count--;
	n->next = n->prev = NULL;
	n->list = NULL;
}

static inline struct list_node *list_first(const struct list *l)
{
	return l->head.next == &l->head ? NULL : l->head.next;
}

static inline struct list_node *list_last(const struct list *l)
{
	return l->head.prev == &l->head ? NULL : l->head.prev;
}

static inline struct list_node *list_next(const struct list *l, const struct list_node *n)
{
	return n->next == &l->head ? NULL : n->next;
}

static inline struct list_node *list_pop_front(struct list *l)
{
	struct list_node *n = list_first(l);

	if (!n)
		return NULL;
	/* as list_remove(), but in a form that static analysis can follow */
	l->head.next = n->next;
	n->next->prev = &l->head;
	l->count--;
	n->next = n->prev = NULL;
	n->list = NULL;
	return n;
}

/* Walk; @n may be removed (and freed) in the body. */
#define LIST_FOREACH(l, n, tmp)                                                                    \
	for ((n) = list_first(l); (n) && ((tmp) = list_next((l), (n)), 1); (n) = (tmp))
