#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One SOCK_SEQPACKET datagram with 0..FDPASS_MAX file descriptors, both ways.
 *
 * Used on the control socket (shim, lsapidctl <-> manager) and on the channel between manager and
 * supervisor. Descriptors received are close-on-exec. Surplus or truncated ones are closed here,
 * and the message is refused: a peer that sends them is lost (its stream can not be trusted).
 */

#include <stddef.h>
#include <sys/types.h>

/** More than any message of ours carries. The kernel's own bound is SCM_MAX_FD, 253. */
#define FDPASS_MAX 5

struct fdpass_set {
	int fd[FDPASS_MAX]; /* owned by the holder of the set */
	size_t count;
};

#define FDPASS_SET_EMPTY                                                                           \
	{                                                                                          \
		.fd = { -1, -1, -1, -1, -1 }, .count = 0                                           \
	}

/**
 * fdpass_send() - send one datagram with descriptors
 * @sock:  connected SEQPACKET socket
 * @fds:   descriptors to pass, not consumed; may be NULL
 * @flags: further sendmsg flags, for example MSG_DONTWAIT; MSG_NOSIGNAL is always set
 *
 * EINTR is retried.
 *
 * Return: 0; -errno (-EAGAIN when non-blocking and full, -EPIPE when the peer has gone).
 */
int fdpass_send(int sock, const void *data, size_t size, const struct fdpass_set *fds, int flags);

/**
 * fdpass_recv() - receive one datagram with its descriptors
 * @max_fds: how many descriptors this caller accepts here, <= FDPASS_MAX
 * @ret_fds: filled on success only; the caller owns what is in it
 *
 * Return: bytes received (> 0); 0 when the peer has closed; -EBADMSG when data or descriptors
 *         were truncated or more descriptors came than @max_fds (all are closed); other -errno.
 * Source: recvmsg(2), cmsg(3): MSG_TRUNC, MSG_CTRUNC, MSG_CMSG_CLOEXEC.
 */
ssize_t fdpass_recv(
	int sock, void *data, size_t size, struct fdpass_set *ret_fds, size_t max_fds, int flags);

/** fdpass_close() - close every descriptor still in the set; the set is empty afterwards */
void fdpass_close(struct fdpass_set *fds);

/** fdpass_steal() - take descriptor @index out of the set; -1 if there is none */
int fdpass_steal(struct fdpass_set *fds, size_t index);
