#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The listening socket: given as fd 0, or bound by -b.
 */

enum listener_kind {
	LISTENER_NONE,      /* fd 0 is no socket */
	LISTENER_LISTENS,   /* fd 0 listens */
	LISTENER_CONNECTED, /* fd 0 is one connection */
};

/** listener_adopt() - what fd 0 is; a socket is moved to *ret_fd, and fd 0 becomes /dev/null */
enum listener_kind listener_adopt(int *ret_fd);

/**
 * listener_bind() - bind @address and listen
 * @address: "/path", "a.b.c.d:port", "*:port", "[v6]:port", "[*]:port" or "name:port"
 *
 * An old socket at the path is replaced; another kind of file is not.
 *
 * Return: 0; negative errno, said on stderr.
 */
int listener_bind(const char *address, int *ret_fd) __attribute__((warn_unused_result));
