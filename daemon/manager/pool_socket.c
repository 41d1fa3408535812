/* SPDX-License-Identifier: Apache-2.0 */

/* The listening socket of a pool: the manager's, handed to each parent of it. */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"

/** Room in the backlog even for small pools: those who gave up stay in there until accepted. */
#define POOL_MIN_BACKLOG 64U

static void socket_name(const struct pool *p, char *name, size_t size)
{
	(void)snprintf(name, size, "%u.sock", p->id);
}

/*
 * A whole path: CRIU takes no relative one that is not the end of the socket's present name
 * ("Unable too cut 1.bind from /run/lsapid/pools/1.sock"). Where there is no room for one, PHP of
 * this pool is not frozen.
 */
static void bind_path(const struct pool *p, char *path, size_t size)
{
	char dir[PATH_MAX];
	int used = getcwd(dir, sizeof(dir)) ? snprintf(path, size, "%s/%u.bind", dir, p->id) : -1;

	if (used < 0 || (size_t)used >= size)
		(void)snprintf(path, size, "%u.bind", p->id);
}

/*
 * Relative to the working directory, which is the manager's own: sun_path holds 108 bytes. Nobody
 * but the manager can reach the socket: who can connect to lsphp can set any ini value.
 *
 * Renamed after the bind: when CRIU brings lsphp back, it removes the name that the socket was
 * bound to, although it is given the socket.
 */
static int make_listener(const struct pool *p, int *ret_fd)
{
	char name[32];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	uint32_t backlog = p->children * 2;
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	if (backlog < POOL_MIN_BACKLOG)
		backlog = POOL_MIN_BACKLOG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_origin(-errno);
	socket_name(p, name, sizeof(name));
	bind_path(p, addr.sun_path, sizeof(addr.sun_path));
	if (unlink(addr.sun_path) < 0 && errno != ENOENT)
		return err_origin(-errno);
	/* the mode that the socket is born with; there is no moment with a wider one */
	if (fchmod(fd, 0600) < 0)
		return err_origin(-errno);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_origin(-errno);
	if (listen(fd, (int)backlog) < 0)
		return err_origin(-errno);
	if (rename(addr.sun_path, name) < 0)
		return err_origin(-errno);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int pool_listen(struct pool *p)
{
	return p->listen_fd >= 0 ? 0 : make_listener(p, &p->listen_fd);
}

bool pool_has_pending(const struct pool *p)
{
	struct pollfd pfd = { .fd = p->listen_fd, .events = POLLIN };

	return p->listen_fd >= 0 && poll(&pfd, 1, 0) > 0;
}

void pool_flush_backlog(struct pool *p)
{
	int fd;

	if (p->listen_fd < 0)
		return;
	while ((fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		(void)fd_close(fd);
}

void pool_unlisten(struct pool *p)
{
	char name[32];

	if (p->listen_fd < 0)
		return;
	p->listen_fd = fd_close(p->listen_fd);
	socket_name(p, name, sizeof(name));
	(void)unlink(name);
}
