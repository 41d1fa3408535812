/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/backend.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/manager/backend_socket.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/nspid.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/recycle.h"
#include "daemon/manager/unborn.h"
#include "proto/lease_table.h"

/* Some lsphp's children wait at the pool's socket themselves, and outlive their parent there. */
static bool may_have_former_children(const struct pool *p)
{
	return p->former_end_ns &&
	       clock_since_ns(p->former_end_ns, manager_now(p->manager)) < UNBORN_FORMER_NS;
}

int backend_connect(struct pool *p, struct backend **ret_backend)
{
	struct manager *m = p->manager;
	struct backend *b;
	int r;

	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->pool = p;
	/* a retiring parent will not serve it; the next one gets it (starter.c) */
	b->spawn_id = p->state == POOL_DRAINING ? 0 : p->parent.spawn_id;
	b->is_doubtful = p->state == POOL_DRAINING || may_have_former_children(p);
	b->since_ns = b->idle_since_ns = manager_now(m);
	r = backend_socket_open(p->id, &b->fd);
	if (r < 0) {
		free(b);
		return r;
	}
	r = hangup_watch(&m->hangup, b, !b->spawn_id || !p->parent.has_served);
	if (r < 0) {
		backend_socket_close(b->fd, false);
		free(b);
		return r;
	}
	list_push_front(&p->unheld, &b->node);
	admit_gained(p);
	freeze_note_connected(p);
	p->counts.connects++;
	*ret_backend = b;
	return 0;
}

static void backend_bury(struct grave *g)
{
	free(LIST_OWNER(g, struct backend, grave));
}

void backend_close(struct backend *b)
{
	struct manager *m = b->pool->manager;

	assert(!b->session);
	if (b->fd < 0)
		return;
	list_remove(&b->node);
	list_remove(&b->spare_node);
	recycle_forget(b);
	pgrp_note_closed(b);
	hangup_unwatch(&m->hangup, b);
	/* when the manager ends, what is under way shall not end with it */
	backend_socket_close(b->fd, !m->has_quit);
	b->fd = -1;
	admit_lost(b->pool);
	b->pool->last_close_ns = manager_now(m);
	freeze_note_closed(b->pool);
	graveyard_add(&m->graveyard, &b->grave, backend_bury);
}

struct lease_slot *backend_slot(const struct backend *b)
{
	return &b->session->table->slot[b->slot];
}

struct lease_note *backend_note(const struct backend *b)
{
	return &b->session->table->note[b->slot];
}

uint32_t backend_told_pid(const struct backend *b)
{
	uint32_t pid = b->child_pid;

	if (b->session)
		pid = atomic_load_explicit(&backend_slot(b)->child_pid, memory_order_relaxed);
	return pid <= INT32_MAX ? pid : 0;
}

bool backend_is_of_thawed(const struct backend *b)
{
	const struct pool_parent *parent = &b->pool->parent;

	return b->is_thawed ||
	       (parent->is_thawed && parent->pid && parent->spawn_id == b->spawn_id);
}

bool backend_seems_thawed(const struct backend *b)
{
	const struct pool_parent *parent = &b->pool->parent;
	bool is_told = parent->pid || parent->spawn_id != b->spawn_id;

	if (is_told)
		return backend_is_of_thawed(b);
	return parent->may_thaw && b->pool->freeze && b->pool->freeze->bytes;
}

uint32_t backend_child_pid(struct backend *b)
{
	const struct pool_parent *parent = &b->pool->parent;
	uint32_t told = backend_told_pid(b);

	/* one that is thawed may serve before the supervisor has told that it is */
	if (b->spawn_id && b->spawn_id == parent->spawn_id && !parent->pid)
		return 0;
	if (!told || !backend_is_of_thawed(b))
		return told;
	/* a connection has one child in its life; it is found as long as its parent is there */
	if (!b->host_pid && b->spawn_id == parent->spawn_id)
		b->host_pid = nspid_find(parent->pid, told);
	return b->host_pid;
}

static void settle_list(struct list *l)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (l, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		if (!backend_is_of_thawed(b))
			continue;
		(void)backend_child_pid(b);
		b->is_thawed = true;
	}
}

void backend_settle_pids(struct pool *p)
{
	settle_list(&p->unheld);
	settle_list(&p->held);
	if (p->care)
		settle_list(&p->care->leaving);
}

uint32_t backend_requests(const struct backend *b)
{
	if (!b->session)
		return b->requests;
	return atomic_load_explicit(&backend_slot(b)->requests, memory_order_relaxed);
}

void backend_signal(struct backend *b, enum priv_signal what)
{
	const struct priv_message msg = {
		.type = PRIV_SIGNAL,
		.id = b->spawn_id,
		.pid = (int32_t)backend_child_pid(b),
		.signal = what,
	};

	if (msg.id && msg.pid) /* a lost link ends the manager */
		(void)supervisor_link_send(&b->pool->manager->link, &msg, NULL);
}
