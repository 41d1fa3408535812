#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where a server for this host alone listens: text of a configuration to what bind(2) takes. */

#include <stdbool.h>
#include <sys/socket.h>

/**
 * listen_address_parse() - "127.0.0.1:9797", "[::1]:9797" or an absolute path
 *
 * Of the networks only loopback: what listens here says who runs what, and has no password.
 *
 * Return: false: it is none of these, its port is not from 1 to 65535, or the path is too long for
 *         a socket.
 */
bool listen_address_parse(
	const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_size);

/** listen_address_is_path() - a unix socket? */
static inline bool listen_address_is_path(const char *text)
{
	return text[0] == '/';
}
