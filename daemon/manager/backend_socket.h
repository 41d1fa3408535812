#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the manager does to the socket of a backend: all of it that is input and output. */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"

/**
 * backend_socket_open() - connect to a pool's socket; *ret_fd is blocking, and the caller's
 *
 * Return: 0; -EAGAIN when the backlog is full; other -errno.
 */
int backend_socket_open(uint32_t pool_id, int *ret_fd) ATTR_MUST_USE;

/**
 * backend_socket_close() - close ours
 * @is_end: shut it down for whoever else has a copy, too: a former holder may
 */
void backend_socket_close(int fd, bool is_end);
