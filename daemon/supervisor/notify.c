/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/notify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"

/* Of an absolute path, or of an abstract name, which begins with @. */
static bool set_address(struct notify *n, const char *name)
{
	size_t size = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || size >= sizeof(n->address.sun_path))
		return false;
	n->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(n->address.sun_path, name, size);
	n->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (name[0] == '@')
		n->address.sun_path[0] = '\0';
	else
		n->address_size++;
	return true;
}

void notify_init(struct notify *n, pid_t pid, uint64_t now_ns)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): this process has one thread */
	const char *name = getenv("NOTIFY_SOCKET");
	const char *period_text = getenv("WATCHDOG_USEC");
	const char *pid_text = getenv("WATCHDOG_PID");
	uint64_t period_us = 0;
	uint64_t watched = (uint64_t)pid;

	*n = (struct notify){ .fd = -1 };
	if (name && set_address(n, name))
		n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd >= 0 && period_text &&
		str_parse_uint(period_text, 1, UINT64_MAX / NS_PER_US, &period_us) &&
		(!pid_text || str_parse_uint(pid_text, 1, INT32_MAX, &watched)) &&
		watched == (uint64_t)pid)
		n->period_ns = period_us * NS_PER_US / 2; /* as sd_watchdog_enabled(3) advises */
	n->due_ns = now_ns;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	/* NOLINTEND(concurrency-mt-unsafe) */
}

void notify_deinit(struct notify *n)
{
	n->fd = fd_close(n->fd);
}

void notify_send(const struct notify *n, const char *lines)
{
	if (n->fd >= 0)
		(void)sendto(n->fd, lines, strlen(lines), MSG_NOSIGNAL,
			(const struct sockaddr *)&n->address, n->address_size);
}

void notify_ready(const struct notify *n)
{
	notify_send(n, "READY=1");
}

void notify_reloading(const struct notify *n)
{
	char lines[64];

	/* read now: it has to be later than the signal, which a turn's time need not be */
	(void)snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)(clock_now_ns() / NS_PER_US));
	notify_send(n, lines);
}

void notify_stopping(const struct notify *n, uint64_t limit_ns)
{
	char lines[128];

	(void)snprintf(lines, sizeof(lines),
		"STOPPING=1\nSTATUS=Stopping: waiting for requests under way\n"
		"EXTEND_TIMEOUT_USEC=%llu",
		(unsigned long long)(limit_ns / NS_PER_US));
	notify_send(n, lines);
}

void notify_on_time(struct notify *n, uint64_t now_ns)
{
	if (now_ns < notify_next_ns(n))
		return;
	notify_send(n, "WATCHDOG=1");
	n->due_ns = now_ns + n->period_ns;
}

uint64_t notify_next_ns(const struct notify *n)
{
	return n->period_ns ? n->due_ns : UINT64_MAX;
}
