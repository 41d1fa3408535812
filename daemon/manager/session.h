#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One Apache process that has proved who it is: its lease table, the leases in it, the pools whose
 * ids it was told, and who of its threads waits. Begins with HELLO, ends with its connection.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "proto/control.h"
#include "proto/lease_table.h"

struct backend;
struct instance;
struct manager;
struct peer;
struct pool;

struct session {
	struct list_node node;   /* in the manager's list */
	struct manager *manager; /* borrowed */
	struct peer *peer;       /* borrowed: ends together with the session */
	uint32_t id;
	struct instance *instance; /* borrowed: the manager; NULL: it named none */
	char server[CONTROL_MAX_NAME + 1];
	uint64_t since_ns;
	struct lease_table *table; /* owned: mapping shared with the Apache process */
	struct backend **slot;     /* owned; backends are borrowed; NULL: free */
	uint32_t slot_capacity;
	uint32_t slot_hint; /* no free slot below this one */
	uint32_t held;
	struct map known; /* pool id to pool */
	struct list waiters;
};

/**
 * session_new() - with an empty lease table
 * @ret_table_fd: memfd sealed against every change of its size; owned by the caller
 *
 * Return: 0; -errno
 */
int session_new(struct manager *m, struct peer *peer, const struct control_hello *hello,
	struct session **ret_session, int *ret_table_fd) ATTR_MUST_USE;

/**
 * session_end() - its process has gone, or is to be dropped
 *
 * Idle leases become connections that nobody holds; busy ones are closed, since nobody will read
 * their responses. Accepts NULL; returns NULL.
 */
struct session *session_end(struct session *s);

/** session_learn() - it was told the id of this pool. Return: 0; -ENOMEM */
int session_learn(struct session *s, struct pool *p) ATTR_MUST_USE;

/** session_knows() - was it told this id? Then the pool, else NULL */
struct pool *session_knows(const struct session *s, uint32_t pool_id);

/** session_has_slot() - can it hold one lease more? */
static inline bool session_has_slot(const struct session *s)
{
	return s->held < LEASE_TABLE_SLOTS;
}

/** session_put_slot() - choose the lowest free slot for @b. Return: 0 and *ret_slot; -ENOMEM */
int session_put_slot(struct session *s, struct backend *b, uint32_t *ret_slot) ATTR_MUST_USE;

/** session_clear_slot() - it is free again */
void session_clear_slot(struct session *s, uint32_t slot);

/** session_find() - the backend in @slot if its lease is still @generation, else NULL */
struct backend *session_find(const struct session *s, uint32_t slot, uint64_t generation);

/** session_count_busy() - leases that are not idle, as the table says now */
uint32_t session_count_busy(const struct session *s);
