/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/lease.h"

#include <assert.h>

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/recycle.h"
#include "proto/lease_table.h"

/* An honest holder changes its word twice per request: more than two attempts are rare. */
#define WANT_ATTEMPTS 16

static struct lease_slot *slot_of(const struct backend *b)
{
	return backend_slot(b);
}

static struct backend *backend_of(struct list_node *n)
{
	return LIST_OWNER(n, struct backend, node);
}

int lease_lend(struct backend *b, struct session *s)
{
	struct lease_slot *slot;
	int r;

	assert(!b->session);
	r = figures_prepare(b->pool);
	if (r == 0)
		r = session_put_slot(s, b, &b->slot);
	if (r < 0)
		return r;
	b->session = s;
	slot = slot_of(b);
	lease_note_clear(backend_note(b));
	b->generation = lease_grant(slot, manager_now(s->manager));
	/* what is known about the connection goes with it; the GRANT message publishes it */
	atomic_store_explicit(&slot->requests, b->requests, memory_order_relaxed);
	atomic_store_explicit(&slot->child_pid, b->child_pid, memory_order_relaxed);
	atomic_store_explicit(
		&slot->has_foreign_pid, backend_seems_thawed(b), memory_order_relaxed);
	/* somebody else waits already, or so: it is to come back when this request is done */
	if (b->is_asked_back || b->is_doubtful ||
		(b->pool->is_wanting && waitq_count(&b->pool->waitq)))
		(void)lease_want(slot, b->generation);
	list_remove(&b->node);
	list_push_back(&b->pool->held, &b->node);
	care_wake(b->pool);
	return 0;
}

/* The word is FREE; what the holder noted goes back to the backend. */
static void unlink_lease(struct backend *b)
{
	struct lease_slot *slot = slot_of(b);
	uint64_t since = atomic_load_explicit(&slot->since_ns, memory_order_relaxed);
	uint64_t now = manager_now(b->pool->manager);

	b->requests = atomic_load_explicit(&slot->requests, memory_order_relaxed);
	b->child_pid = atomic_load_explicit(&slot->child_pid, memory_order_relaxed);
	figures_take(b);
	session_clear_slot(b->session, b->slot);
	b->session = NULL;
	b->idle_since_ns = since < now ? since : now; /* a hint of the holder */
	list_remove(&b->node);
	list_push_front(&b->pool->unheld, &b->node);
}

bool lease_recall(struct backend *b)
{
	if (!lease_revoke(slot_of(b), b->generation))
		return false;
	unlink_lease(b);
	return true;
}

void lease_end(struct backend *b)
{
	lease_clear(slot_of(b));
	unlink_lease(b);
}

void lease_close(struct backend *b)
{
	lease_end(b);
	backend_close(b);
}

bool lease_is_busy(const struct backend *b)
{
	return b->session && lease_get_state(slot_of(b), b->generation) != LEASE_IDLE;
}

struct backend *lease_find_oldest_idle(const struct pool *p, uint64_t now_ns, uint64_t *ret_idle_ns)
{
	struct backend *oldest = NULL;
	struct list_node *n, *tmp;
	uint64_t most_ns = 0;

	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = backend_of(n);
		uint64_t since, idle_ns;

		if (lease_is_busy(b))
			continue;
		since = atomic_load_explicit(&slot_of(b)->since_ns, memory_order_relaxed);
		idle_ns = clock_since_ns(since, now_ns);
		if (!oldest || idle_ns > most_ns) {
			oldest = b;
			most_ns = idle_ns;
		}
	}
	*ret_idle_ns = most_ns;
	return oldest;
}

bool lease_is_idle(const struct backend *b, uint64_t now_ns, uint64_t *ret_idle_ns)
{
	uint64_t since = b->idle_since_ns;

	if (lease_is_busy(b))
		return false;
	if (b->session)
		since = atomic_load_explicit(&slot_of(b)->since_ns, memory_order_relaxed);
	*ret_idle_ns = clock_since_ns(since, now_ns);
	return true;
}

/*
 * Ask the holder of @b for a RETURN. The word is written by the other process, so the attempts are
 * bounded, and a word that is no state of a lease is nothing to wait for.
 *
 * Return: true; false if the lease is idle, there to be had.
 */
static bool want_one(const struct backend *b)
{
	for (int i = 0; i < WANT_ATTEMPTS; i++) {
		enum lease_state state;

		if (lease_want(slot_of(b), b->generation))
			return true;
		state = lease_get_state(slot_of(b), b->generation);
		if (state == LEASE_IDLE)
			return false;
		if (state != LEASE_BUSY) /* else it was taken between the two looks */
			return true;
	}
	return true;
}

uint32_t lease_note_crash(struct pool *p, const struct crash *c)
{
	struct list_node *n, *tmp;
	uint32_t limit_s, pid = c->pid;

	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = backend_of(n);

		if (backend_told_pid(b) != c->pid)
			continue;
		if (b->host_pid)
			pid = b->host_pid;
		/* what we have done to it ourselves is the better answer */
		if (!lease_get_fate(slot_of(b), b->generation, &limit_s))
			lease_set_fate(slot_of(b), LEASE_FATE_KILLED, crash_pack(c));
	}
	return pid;
}

bool lease_want_all(struct pool *p)
{
	p->is_wanting = true;
	return lease_ask_back(p);
}

bool lease_ask_back(struct pool *p)
{
	struct list_node *n, *tmp;
	bool is_all = true;

	LIST_FOREACH (&p->held, n, tmp) {
		if (!want_one(backend_of(n)))
			is_all = false;
	}
	return is_all;
}

void lease_unwant_all(struct pool *p)
{
	struct list_node *n, *tmp;

	if (!p->is_wanting)
		return;
	p->is_wanting = false;
	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = backend_of(n);

		/* those of an earlier generation are to come back whoever waits */
		if (p->parent.is_retiring || b->is_doubtful || b->spawn_id != p->parent.spawn_id)
			continue;
		if (b->is_condemned || b->is_suspect || b->is_asked_back)
			continue;
		/* false: its RETURN is on the way */
		(void)lease_unwant(slot_of(b), b->generation);
	}
}

bool lease_forget_hung_up(struct backend *b)
{
	struct pool *p = b->pool;

	if (b->session && !lease_recall(b))
		return false;
	backend_close(b);
	admit_room(p);
	return true;
}

uint32_t lease_drop_idle(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp)
		(void)lease_recall(backend_of(n)); /* to the unheld; or it is busy and stays */
	while ((n = list_first(&p->unheld)))
		backend_close(backend_of(n));
	return (uint32_t)p->held.count;
}

void lease_condemn(struct backend *b)
{
	b->is_condemned = true;
	(void)want_one(b); /* idle by now: the caller looks */
}

bool lease_ask_for(struct backend *b)
{
	return want_one(b);
}

bool lease_give_up(struct backend *b)
{
	/* busy: it is asked for; idle: it is taken; or it changes under our eyes */
	for (int i = 0; i < WANT_ATTEMPTS; i++) {
		if (want_one(b))
			return false;
		if (lease_recall(b)) {
			backend_close(b);
			return true;
		}
	}
	return false;
}

void lease_retire(struct pool *p)
{
	struct list_node *n, *tmp;

	/* busy: it is asked for, and leaves when it comes back (ops_shim.c) */
	LIST_FOREACH (&p->held, n, tmp) {
		for (int i = 0; i < WANT_ATTEMPTS && !want_one(backend_of(n)); i++)
			if (lease_recall(backend_of(n)))
				break;
	}
	while ((n = list_first(&p->unheld)))
		recycle_retired(backend_of(n));
}

uint64_t lease_mean_busy_ns(const struct pool *p, uint64_t now_ns)
{
	struct list_node *n, *tmp;
	uint64_t sum_ms = 0;
	uint32_t count = 0;

	LIST_FOREACH (&p->held, n, tmp) {
		const struct backend *b = backend_of(n);
		uint64_t since;

		if (!lease_is_busy(b))
			continue;
		/* a hint of the holder: one that lies changes what its own browsers are told */
		since = atomic_load_explicit(&slot_of(b)->since_ns, memory_order_relaxed);
		sum_ms += clock_since_ns(since, now_ns) / NS_PER_MS;
		count++;
	}
	return count ? sum_ms / count * NS_PER_MS : 0;
}

void lease_note_thawed(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		const struct backend *b = backend_of(n);

		atomic_store_explicit(&slot_of(b)->has_foreign_pid, backend_seems_thawed(b),
			memory_order_relaxed);
	}
}

bool lease_has_served(const struct pool *p, uint64_t spawn_id)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = backend_of(n);
		struct lease_slot *slot = slot_of(b);

		if (b->spawn_id != spawn_id)
			continue;
		if (!lease_is_busy(b) || atomic_load(&slot->requests) ||
			atomic_load(&slot->child_pid))
			return true;
	}
	LIST_FOREACH (&p->unheld, n, tmp) {
		if (backend_of(n)->spawn_id == spawn_id && backend_of(n)->requests)
			return true;
	}
	return false;
}
