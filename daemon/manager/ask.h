#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* One request for a connection, tried once: what pool_policy.h decides about it is carried out. */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/manager/fair.h"
#include "proto/reason.h"

struct backend;
struct manager;
struct pool;
struct session;
struct user;

/** One request for a connection. */
struct ask {
	struct pool *pool;
	struct session *session;
	uint32_t sequence;
	bool can_wait;
	uint32_t ahead;    /* waiters before it */
	uint64_t since_ns; /* it has waited since then; 0: it is new */
};

/**
 * ask_now() - try to answer it
 *
 * A failure of the daemon itself (descriptors, memory) is answered as such and logged with its
 * cause.
 *
 * Return: true if the request was answered; false: it has to wait.
 */
bool ask_now(const struct ask *a) ATTR_MUST_USE;

/** ask_refuse() - REJECT */
void ask_refuse(const struct ask *a, enum reason reason);

/**
 * ask_evict() - close a connection, held or not, for somebody else
 *
 * Return: false: its holder has taken it just now.
 */
bool ask_evict(struct backend *b);

/** ask_fair() - the host as one user sees it */
struct fair_figures ask_fair(const struct manager *m, const struct user *u);
