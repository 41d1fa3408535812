#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Owning a file descriptor: -1 when empty, close-on-exec always. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/** fd_close() - close if open, keep errno; returns -1: `x->fd = fd_close(x->fd);` */
int fd_close(int fd);

/** fd_steal() - take the descriptor out of its place, which becomes -1 */
int fd_steal(int *fd);

/** for ATTR_CLEANUP(fd_cleanup) int fd = -1; */
void fd_cleanup(int *fd);

/** fd_set_nonblock() - Return: 0; -errno */
int fd_set_nonblock(int fd, int is_nonblock) ATTR_MUST_USE;

/** fd_set_cloexec() - Return: 0; -errno */
int fd_set_cloexec(int fd, int is_cloexec) ATTR_MUST_USE;

/**
 * fd_read_all() - read a regular file or memfd from its start
 * @max:      larger files are refused
 * @ret_data: malloc'ed, with a NUL after the last byte that @ret_size does not count
 *
 * Return: 0; -EFBIG above @max; other -errno.
 */
int fd_read_all(int fd, size_t max, char **ret_data, size_t *ret_size) ATTR_MUST_USE;

/** fd_is_unix_listener() - an AF_UNIX socket of this type that listens? */
bool fd_is_unix_listener(int fd, int type);

/** fd_is_sealed() - a memfd that nobody can change any more, nor make a reader wait? */
bool fd_is_sealed(int fd);

/** fd_memfd() - sealed memfd with a copy of @data. Return: descriptor; -errno */
int fd_memfd(const char *name, const void *data, size_t size) ATTR_MUST_USE;
