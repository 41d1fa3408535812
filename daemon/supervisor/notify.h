#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the service manager is told, and its watchdog. The protocol is a datagram of lines, see
 * sd_notify(3): so few words are no reason for a library in the root process. Only the main process
 * may speak (NotifyAccess=main): every process of a site is in our cgroup, and could say STOPPING=1
 * in our name. Without NOTIFY_SOCKET nothing happens.
 */

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct notify {
	int fd; /* owned; -1: nobody listens */
	struct sockaddr_un address;
	socklen_t address_size;
	uint64_t period_ns; /* how often the watchdog is told; 0: there is none */
	uint64_t due_ns;
};

/**
 * notify_init() - from NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which leave our environment
 * @pid: our own
 */
void notify_init(struct notify *n, pid_t pid, uint64_t now_ns);
void notify_deinit(struct notify *n);

/** notify_send() - lines for sd_notify(3); whether anybody hears them is of no matter to us */
void notify_send(const struct notify *n, const char *lines);

/** notify_ready() - we serve; also the end of a reload, whatever has come of it */
void notify_ready(const struct notify *n);

/** notify_reloading() - until notify_ready(); systemd takes the signal for answered by it */
void notify_reloading(const struct notify *n);

/** notify_stopping() - for so long; more than the unit's TimeoutStopSec= is asked for */
void notify_stopping(const struct notify *n, uint64_t limit_ns);

/** notify_on_time() - the loop turns: the watchdog is told if it is due */
void notify_on_time(struct notify *n, uint64_t now_ns);
uint64_t notify_next_ns(const struct notify *n);
