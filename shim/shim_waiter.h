#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads of this process that wait for a reply of the manager, each with the client that it waits
 * for. A client that leaves while its request is queued is noticed at once: whoever receives for
 * all watches the clients of all.
 */

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "shim/shim_process.h"

/** One thread that waits for one reply; lives on its stack, linked under the session's lock. */
struct shim_waiter {
	struct shim_waiter *next;
	uint32_t sequence;
	struct shim_reply *reply; /* borrowed: the thread's */
	uint64_t deadline_ns;
	int client_fd;  /* borrowed: the thread's connection; -1: nobody */
	bool is_queued; /* the manager has said so */
	int result;     /* -1 while it waits */
};

/** shim_waiter_find() - who waits for the reply to @sequence, or NULL */
struct shim_waiter *shim_waiter_find(struct shim_waiter *list, uint32_t sequence);

/** shim_waiter_unlink() - it waits no longer */
void shim_waiter_unlink(struct shim_waiter **list, const struct shim_waiter *gone);

/** shim_waiter_end_all() - each that still waits gets @result */
void shim_waiter_end_all(struct shim_waiter *list, int result);

/** What one turn of the leader waits for. */
struct shim_watch {
	struct pollfd control;
	struct pollfd *fd;  /* owned, or &control: that first, then clients */
	uint32_t *sequence; /* owned: of the waiter of each */
	nfds_t count;
};

/** shim_watch_init() - under the lock; without memory the clients are not watched this time */
void shim_watch_init(struct shim_watch *w, int control_fd, const struct shim_waiter *list);

/** shim_watch_mark() - under the lock, after poll(2): those whose client left are told so */
void shim_watch_mark(const struct shim_watch *w, struct shim_waiter *list);

void shim_watch_deinit(struct shim_watch *w);
