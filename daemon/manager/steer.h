#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Orders of administrators to pools: drain, restart, stop, kill, warm. An order is begun at once,
 * and looked after until all its pools have done it, whether or not the one who gave it waits for
 * that. What is done to one pool is in steer_deed.h.
 *
 * Orders that start PHP work on as many pools at a time as may start at once: should all pools of a
 * host be restarted, each site waits for its own start alone, not for those of a thousand others.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/base/log.h"
#include "daemon/manager/stopped.h"
#include "proto/control.h"

/** Orders under way; more are a script that does not wait for its answers. */
#define STEER_MAX_ORDERS 64U

struct manager;
struct peer;
struct steer_target;

struct steer {
	struct list orders;
	struct event tick; /* while there are any */
	uint64_t last_id;
	struct stopped stopped;
	enum log_level log_level; /* as an administrator has set it ... */
	bool has_log_level;       /* ... if one has, since the last reload */
};

/** steer_init() - reads who is stopped. Return: 0; -ENOMEM */
int steer_init(struct steer *s, struct manager *m) ATTR_MUST_USE;
void steer_deinit(struct steer *s);

/**
 * steer_begin() - carry an order out
 *
 * @p is answered, now or later.
 */
void steer_begin(struct manager *m, struct peer *p, uint32_t sequence,
	const struct control_steer *msg, const struct steer_target *target);

/** steer_log_level() - show the level of the log, or set it. @text: the level; "": show it */
void steer_log_level(struct manager *m, struct peer *p, uint32_t sequence, const char *text);

/** steer_reloaded() - a new configuration is in force, with its own level */
void steer_reloaded(struct manager *m);

/** steer_action_name() - stable word for logs and JSON */
const char *steer_action_name(enum control_steer_action action);
