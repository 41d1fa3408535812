#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signals of the manager. Its life is ruled by the channel to the supervisor; a SIGTERM or SIGINT
 * that reaches it directly (a terminal's Ctrl-C goes to both) begins the same orderly stop.
 * SIGHUP, SIGUSR1, SIGPIPE and SIGXFSZ mean nothing here.
 */

#include <event2/event.h>
#include <event2/event_struct.h>

#include "daemon/base/attr.h"

struct manager;

struct signals {
	struct event term;
	struct event intr;
};

/** signals_init() - Return: 0; -errno */
int signals_init(struct signals *s, struct manager *m) ATTR_MUST_USE;
void signals_deinit(struct signals *s);
