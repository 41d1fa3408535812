#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control socket, or the admin socket: accepts peers, and stops accepting for a while when
 * descriptors run short, instead of spinning on a connection that it can not take.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>

#include "daemon/base/attr.h"
#include "daemon/manager/access.h"

struct manager;

struct listener {
	struct manager *manager; /* borrowed */
	enum access_door door;
	int fd; /* owned; bound and listening: made by the supervisor */
	struct event accept_event;
	struct event resume_event;
	bool is_paused;
};

/** listener_init() - begin to accept; @fd is consumed. Return: 0; -errno */
int listener_init(
	struct listener *l, struct manager *m, int fd, enum access_door door) ATTR_MUST_USE;

/** listener_deinit() - accept no more; idempotent */
void listener_deinit(struct listener *l);

/** listener_resume() - a descriptor became free: accept again if that was paused */
void listener_resume(struct listener *l);
