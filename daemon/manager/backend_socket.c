/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/backend_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/backend.h"

/* The manager's working directory is the one with the sockets, which keeps the names short. */
int backend_socket_open(uint32_t pool_id, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_origin(-errno);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%u.sock", pool_id);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_origin(-errno);
	/* who gets it reads and writes with time limits of the socket, not with poll(2) */
	if (fcntl(fd, F_SETFL, 0) < 0)
		return err_origin(-errno);
	*ret_fd = fd_steal(&fd);
	return 0;
}

void backend_socket_close(int fd, bool is_end)
{
	/* closing ours alone would end nothing */
	if (is_end)
		(void)shutdown(fd, SHUT_RDWR);
	(void)fd_close(fd);
}

void backend_cut(const struct backend *b)
{
	(void)shutdown(b->fd, SHUT_RDWR);
}

bool backend_is_clean(const struct backend *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN | POLLRDHUP };

	/* readable means stale bytes or the end: of either, the next holder must see nothing */
	return !b->has_hung_up && poll(&p, 1, 0) == 0;
}

bool backend_is_unread(const struct backend *b)
{
	int queued = 0;

	return ioctl(b->fd, SIOCOUTQ, &queued) == 0 && queued > 0;
}
