#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A new configuration: read and checked by the supervisor, handed over as the same bytes. New
 * starts and new leases use it; a pool whose parent was started with other settings retires it,
 * and what it runs finishes.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"

struct manager;
struct peer;
struct pool;

struct reload {
	struct event timeout; /* a supervisor that works answers long before */
	struct event sweep;   /* the next part of @todo */
	struct list todo;     /* pools that ran when it came, and have to follow yet */
	uint64_t count;
	uint64_t replaced; /* pools that were retired for the newest one */
};

/** reload_init() - Return: 0; -ENOMEM */
int reload_init(struct reload *r, struct manager *m) ATTR_MUST_USE;
void reload_deinit(struct reload *r);

/** reload_request() - an administrator asks for it; answered by DOCUMENT when it is done */
void reload_request(struct manager *m, struct peer *p, uint32_t sequence);

/** reload_refused() - what was asked for is bad; the text in @text_fd tells why */
void reload_refused(struct manager *m, int text_fd);

/** reload_apply() - make one pool follow the configuration in force; nothing if it does already */
void reload_apply(struct pool *p);

/** reload_take() - a new configuration has come; @config_fd is consumed */
void reload_take(struct manager *m, int config_fd);
