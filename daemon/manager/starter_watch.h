#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What no event tells about a parent: that a child has read a request, that the parent is deaf,
 * that the supervisor does not answer. Looked at in small steps while a pool is starting or
 * draining.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"

struct manager;
struct pool;
struct starter;

/** starter_watch_init() - Return: 0; -ENOMEM */
int starter_watch_init(struct starter *st, struct manager *m) ATTR_MUST_USE;

/** starter_watch_arm() - a pool is starting or draining: look at it until it is not */
void starter_watch_arm(struct manager *m);

/** starter_watch_has_read() - has a child of the present parent read a request? */
bool starter_watch_has_read(const struct pool *p, uint64_t now_ns);
