/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/fdpass.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/** Room for the descriptors of one message, aligned as the kernel writes it. */
union fdpass_control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * FDPASS_MAX)];
};

int fdpass_send(int sock, const void *data, size_t size, const struct fdpass_set *fds, int flags)
{
	union fdpass_control control;
	struct iovec iov = { .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t count = fds ? fds->count : 0;

	/* an empty datagram could not be told from the end of the connection */
	if (!size || count > FDPASS_MAX)
		return -EINVAL;
	/* sendmsg does not write to it; iovec just has no const */
	memcpy(&iov.iov_base, &data, sizeof(data));
	if (count) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(header), fds->fd, sizeof(int) * count);
	}
	while (sendmsg(sock, &msg, flags | MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Own every descriptor that came with @msg, in @set as far as it has room; false if it has not. */
static bool fdpass_collect(struct msghdr *msg, struct fdpass_set *set)
{
	bool fits = true;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		size_t count;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
			if (set->count < FDPASS_MAX) {
				set->fd[set->count++] = fd;
			} else {
				(void)close(fd);
				fits = false;
			}
		}
	}
	return fits;
}

ssize_t fdpass_recv(
	int sock, void *data, size_t size, struct fdpass_set *ret_fds, size_t max_fds, int flags)
{
	union fdpass_control control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct fdpass_set set = FDPASS_SET_EMPTY;
	bool fits;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	fits = fdpass_collect(&msg, &set);
	if (!fits || set.count > max_fds || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		fdpass_close(&set);
		return -EBADMSG;
	}
	if (n == 0) {
		fdpass_close(&set);
		return 0;
	}
	*ret_fds = set;
	return n;
}

void fdpass_close(struct fdpass_set *fds)
{
	int saved_errno = errno;

	for (size_t i = 0; i < FDPASS_MAX; i++) {
		if (i < fds->count && fds->fd[i] >= 0)
			(void)close(fds->fd[i]);
		fds->fd[i] = -1;
	}
	fds->count = 0;
	errno = saved_errno;
}

int fdpass_steal(struct fdpass_set *fds, size_t index)
{
	int fd;

	if (index >= fds->count)
		return -1;
	fd = fds->fd[index];
	fds->fd[index] = -1;
	return fd;
}
