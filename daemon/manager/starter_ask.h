#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Asks the supervisor for a parent; what becomes of it is starter.h's. */

#include "daemon/base/attr.h"

struct pool;

/**
 * starter_ask() - a new parent, under a new spawn id
 *
 * The user's own file first, if it is wanted: what it says is part of the SPAWN.
 *
 * Return: 0; -errno, and there is no parent
 */
int starter_ask(struct pool *p) ATTR_MUST_USE;

/** starter_spawn() - SPAWN with all that is known by now. Return: 0; -errno */
int starter_spawn(struct pool *p) ATTR_MUST_USE;

/** starter_forget() - the pool has no parent any more */
void starter_forget(struct pool *p);
