#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The manager's end of the channel to the supervisor (proto/priv.h). Trust is per channel: what
 * comes in here and makes no sense means that one of us is broken, and the manager ends; so it
 * does when the supervisor has gone.
 */

#include <event2/event.h>
#include <event2/event_struct.h>

#include "daemon/base/attr.h"
#include "daemon/manager/outbox.h"
#include "proto/priv.h"

/** The supervisor reads promptly; this many unread ones mean that it does not. */
#define SUPERVISOR_LINK_QUEUE 4096U

struct manager;

struct supervisor_link {
	int fd; /* owned */
	struct event read_event;
	struct event write_event;
	struct outbox outbox;
	uint64_t heard_ns; /* the last message of the supervisor came then */
};

/**
 * supervisor_link_setup() - wait for SETUP, the first message of the manager's life
 * @ret_msg: flags and key
 * @ret_fds: configuration, control socket; owned by the caller
 *
 * Return: 0; -errno (-EPROTO: something else came; -EPIPE: the supervisor has gone)
 */
int supervisor_link_setup(
	int fd, struct priv_message *ret_msg, struct fdpass_set *ret_fds) ATTR_MUST_USE;

/** supervisor_link_init() - begin to listen to @fd, which is consumed. Return: 0; -errno */
int supervisor_link_init(struct supervisor_link *l, struct manager *m, int fd) ATTR_MUST_USE;
void supervisor_link_deinit(struct supervisor_link *l);

/**
 * supervisor_link_send() - one message
 * @fds: not consumed; may be NULL
 *
 * Return: 0; -errno: the link is lost and the manager is about to end
 */
int supervisor_link_send(
	struct supervisor_link *l, const struct priv_message *msg, const struct fdpass_set *fds);

/** supervisor_link_flush() - before the end: send what is queued, blocking */
void supervisor_link_flush(struct supervisor_link *l);
