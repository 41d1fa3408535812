#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the next start of a pool would use, and whether it would be refused: all that a start does
 * until the supervisor forks, for a copy of the pool that nobody else knows. So an administrator is
 * told what is, not what a second copy of the rules says. The user's own file is read, by the
 * supervisor and as that user; then the supervisor judges the specification.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "proto/pool_spec.h"
#include "proto/priv.h"

struct manager;
struct peer;
struct pool;

/** Those under way at once: each may wait for a home that does not answer. */
#define EXPLAIN_MAX 64U

struct explain {
	struct list_node node; /* in manager.explains */
	uint64_t id;           /* of USER_FILE and JUDGE */
	uint32_t pool_id;      /* 0: no pool that is known */
	struct pool *pool;     /* owned: the copy */
};

/**
 * explain_begin() - on behalf of an administrator
 * @spec:     of a pool, or of a site that need not be known
 * @known:    the pool with it; NULL: none
 * @ret_what: what is wrong with @spec, static, if it is not usable
 *
 * @peer is answered when it is known. Return: 0; 1: @spec is not usable; -errno
 */
int explain_begin(struct peer *peer, uint32_t sequence, const struct pool_spec *spec,
	const struct pool *known, const char **ret_what) ATTR_MUST_USE;

/** explain_end_all() - nobody is answered any more */
void explain_end_all(struct manager *m);

/* What the supervisor says. Return: false: it is not about any of these */
bool explain_on_user_file(struct manager *m, const struct priv_message *msg, int fd);
bool explain_on_judged(struct manager *m, const struct priv_message *msg);
