#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells when the other end of a connection to lsphp closes, without reading it.
 *
 * An epoll of its own inside the event loop's. libevent's EV_CLOSED would not do: when lsphp
 * closes with unread input the kernel reports EPOLLERR, which libevent 2.1 hands to readers and
 * writers only, so that a watch for EV_CLOSED alone is never told and the loop spins.
 *
 * A connection that hangs up while it is busy stays with its holder, who will see it too and send
 * CLOSE; but a holder that had just finished with it only marks it idle. So busy ones are looked
 * at again, after a little while and then less and less often.
 */

#include <stdbool.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"

struct backend;
struct manager;

struct hangup {
	int epoll_fd; /* owned */
	struct event event;
	struct event again;
	struct list busy;    /* hung up, but busy */
	struct list awaited; /* watched for their first byte, too */
	unsigned again_ms;
};

/** hangup_init() - Return: 0; -errno */
int hangup_init(struct hangup *h, struct manager *m) ATTR_MUST_USE;

/** hangup_deinit() - idempotent */
void hangup_deinit(struct hangup *h);

/**
 * hangup_watch() - begin to watch
 *
 * @is_awaited: report its first readable byte, too, once: the pool serves
 *
 * Return: 0; -errno
 */
int hangup_watch(struct hangup *h, struct backend *b, bool is_awaited) ATTR_MUST_USE;

/** hangup_await() - also report its first readable byte from now on */
void hangup_await(struct hangup *h, struct backend *b);

/**
 * hangup_unwatch() - before the descriptor is closed
 *
 * The holder has the same open file, so closing our descriptor would not end the watch.
 */
void hangup_unwatch(struct hangup *h, struct backend *b);
