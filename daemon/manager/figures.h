#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a pool's requests came to, as those who hold its connections note it (proto/lease_note.h).
 * What leases that have ended had is added up here; those under way are asked when somebody wants
 * to know.
 */

#include "daemon/base/attr.h"
#include "proto/lease_note.h"

struct backend;
struct pool;

struct figures {
	struct lease_counts ended; /* of leases that are no more */
	char *user;                /* owned: name of the account, for people; NULL: it has none */
};

/** figures_prepare() - for a pool whose first connection is about to be lent. Return: 0; -ENOMEM */
int figures_prepare(struct pool *p) ATTR_MUST_USE;

/** figures_free() - accepts NULL; returns NULL */
struct figures *figures_free(struct figures *f);

/** figures_take() - the lease of @b ends: what it says is kept */
void figures_take(struct backend *b);

/** figures_get() - of all requests of a pool that have ended until now */
void figures_get(const struct pool *p, struct lease_counts *ret_counts);
