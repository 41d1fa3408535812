#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stopping: no lease is given any more, every parent is told to retire, requests under way finish
 * within the grace; then the supervisor is told, and the manager ends.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"

struct manager;

struct shutdown {
	bool is_under_way;
	bool is_over;
	uint64_t until_ns;
	struct event tick;
};

/** shutdown_init() - Return: 0; -ENOMEM */
int shutdown_init(struct shutdown *s, struct manager *m) ATTR_MUST_USE;
void shutdown_deinit(struct shutdown *s);

/** shutdown_begin() - stop within @grace_ms; a second call changes nothing */
void shutdown_begin(struct manager *m, uint32_t grace_ms, const char *why);

/** shutdown_check() - something ended: was it the last? */
void shutdown_check(struct manager *m);

static inline bool shutdown_is_under_way(const struct shutdown *s)
{
	return s->is_under_way;
}
