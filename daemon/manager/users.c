/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/users.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const struct held_back *first_of(const struct user *u)
{
	return HEAP_OWNER(heap_first(&u->held_back), struct held_back, node);
}

static bool pool_is_less(struct heap_node *a, struct heap_node *b)
{
	return HEAP_OWNER(a, struct held_back, node)->since_ns <
	       HEAP_OWNER(b, struct held_back, node)->since_ns;
}

static bool user_is_less(struct heap_node *a, struct heap_node *b)
{
	const struct user *one = HEAP_OWNER(a, struct user, node);
	const struct user *other = HEAP_OWNER(b, struct user, node);

	if (one->held != other->held)
		return one->held < other->held;
	return first_of(one)->since_ns < first_of(other)->since_ns;
}

void users_init(struct users *us)
{
	*us = (struct users){ .active = 0 };
	map_init(&us->by_uid);
	heap_init(&us->held_back, user_is_less);
}

void users_deinit(struct users *us)
{
	assert(us->by_uid.count == 0);
	map_deinit(&us->by_uid);
}

int users_ref(struct users *us, uid_t uid, struct user **ret_user)
{
	struct user *u = map_find(&us->by_uid, uid);
	int r;

	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return -ENOMEM;
		u->uid = uid;
		start_line_init(&u->starts);
		heap_init(&u->held_back, pool_is_less);
		r = map_put(&us->by_uid, uid, u);
		if (r < 0) {
			free(u);
			return r;
		}
	}
	u->pools++;
	*ret_user = u;
	return 0;
}

struct user *users_unref(struct users *us, struct user *u)
{
	if (!u || --u->pools)
		return NULL;
	assert(list_is_empty(&u->starts.waiting) && !users_is_active(u));
	map_remove(&us->by_uid, u->uid, u);
	free(u);
	return NULL;
}

/* What a user is sorted by changes between these two. */
static void take_out(struct users *us, struct user *u)
{
	us->active -= users_is_active(u);
	heap_remove(&us->held_back, &u->node);
}

static void put_in(struct users *us, struct user *u)
{
	us->active += users_is_active(u);
	if (!heap_is_empty(&u->held_back))
		heap_insert(&us->held_back, &u->node);
}

void users_gain(struct users *us, struct user *u)
{
	take_out(us, u);
	u->held++;
	put_in(us, u);
}

void users_lose(struct users *us, struct user *u)
{
	assert(u->held);
	take_out(us, u);
	u->held--;
	put_in(us, u);
}

void users_hold_back(struct users *us, struct held_back *h, struct user *u, uint64_t since_ns)
{
	if (held_back_is_in(h) && h->since_ns == since_ns)
		return;
	take_out(us, u);
	heap_remove(&u->held_back, &h->node);
	h->user = u;
	h->since_ns = since_ns;
	heap_insert(&u->held_back, &h->node);
	put_in(us, u);
}

void users_let_go(struct users *us, struct held_back *h)
{
	if (!held_back_is_in(h))
		return;
	take_out(us, h->user);
	heap_remove(&h->user->held_back, &h->node);
	put_in(us, h->user);
}

struct held_back *users_next(const struct users *us)
{
	struct heap_node *n = heap_first(&us->held_back);

	if (!n)
		return NULL;
	n = heap_first(&HEAP_OWNER(n, struct user, node)->held_back);
	return HEAP_OWNER(n, struct held_back, node);
}
