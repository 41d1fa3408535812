#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The manager process and the channel to it: start, handshake, messages both ways, death and
 * restart. Sending never blocks: what the channel does not take waits in a bounded queue.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/list.h"
#include "daemon/config/config.h"
#include "daemon/supervisor/restart.h"
#include "proto/fdpass.h"
#include "proto/priv.h"

struct supervisor;

enum link_state {
	LINK_DOWN = 0, /* no process; started again at restart_at_ns */
	LINK_STARTING, /* SETUP sent, READY awaited until deadline_ns */
	LINK_UP,
	LINK_DYING, /* channel closed, SIGKILL sent: to be reaped */
	LINK_STATE_COUNT
};

struct link {
	enum link_state state;
	pid_t pid;
	int channel_fd;    /* owned */
	int report_fd;     /* owned: how exec went; -1 when known */
	struct list queue; /* owned: struct link_message */
	struct restart restart;
	uint64_t since_ns;
	uint64_t deadline_ns;    /* STARTING: for READY; UP: for ALIVE, if it was asked */
	uint64_t ask_at_ns;      /* UP: when it is asked whether it lives; UINT64_MAX: not */
	bool is_asked;           /* ... and it has not answered yet */
	uint64_t restart_at_ns;  /* DOWN */
	bool has_reload_waiting; /* the configuration changed before it was up */
};

void link_init(struct link *l);
void link_deinit(struct link *l);

/** link_start() - exec the manager and send SETUP; a failure is logged and tried again later */
void link_start(struct supervisor *s);

/**
 * link_send() - to the manager, in order; nothing happens if there is none
 * @fds: consumed in any case; may be NULL
 */
void link_send(struct supervisor *s, const struct priv_message *m, struct fdpass_set *fds);

/** link_flush() - as much of the queue as the channel takes */
void link_flush(struct supervisor *s);

/** link_send_reload() - RELOAD with the present configuration, at once or when it is up */
void link_send_reload(struct supervisor *s);

/** link_send_reload_failed() - the answer to a RELOAD_REQUEST that can not be granted */
void link_send_reload_failed(struct supervisor *s, const struct config_problem *problem);

/** link_receive() - all messages that have come, each to requests_dispatch() */
void link_receive(struct supervisor *s);

/** link_on_ready() - READY has come */
void link_on_ready(struct supervisor *s);

/** link_on_alive() - its event loop turns; @text: what it does, or "" for no news */
void link_on_alive(struct supervisor *s, const char *text);

/** link_kill() - it is compromised, or does not answer: end it now; @why NULL: it is dying anyway
 */
void link_kill(struct supervisor *s, const char *why);

/** link_on_exit() - was reaped. Return: true if @pid was the manager */
bool link_on_exit(struct supervisor *s, pid_t pid, int status);

/** link_on_time() - what is due: READY or ALIVE too late, a question, or a restart */
void link_on_time(struct supervisor *s);

/** link_next_ns() - when link_on_time() has to be called next; UINT64_MAX for never */
uint64_t link_next_ns(const struct link *l);
