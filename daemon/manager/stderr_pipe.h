#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an lsphp parent and its children write to their stderr, line by line into the pool's own log
 * (pool_log.h), or into the daemon's: event lsphp.stderr with pool and pid. There lines are escaped
 * by the logger, cut when long, and limited as all lines are. It outlives its parent, as children
 * may.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/manager/graveyard.h"

/** A longer line is told in pieces. */
#define STDERR_LINE_MAX 1024U

struct pool;

struct stderr_pipe {
	struct list_node node; /* in pool's list */
	struct grave grave;
	struct pool *pool; /* borrowed */
	uint64_t spawn_id;
	int32_t pid; /* of the parent; the pipe does not tell which child wrote */
	int fd;      /* owned: read end, non-blocking */
	struct event event;
	size_t used;
	char line[STDERR_LINE_MAX];
};

/**
 * stderr_pipe_open() - a pipe for a parent that is about to be started
 * @ret_write_fd: for lsphp; owned by the caller
 *
 * Return: 0; -errno
 */
int stderr_pipe_open(struct pool *p, uint64_t spawn_id, int *ret_write_fd) ATTR_MUST_USE;

/** stderr_pipe_set_pid() - the parent's pid became known */
void stderr_pipe_set_pid(struct pool *p, uint64_t spawn_id, int32_t pid);

/** stderr_pipe_resume() - the pool's log is open, or will not be: what waited is read */
void stderr_pipe_resume(struct pool *p);

/** stderr_pipe_close_all() - the pool ends */
void stderr_pipe_close_all(struct pool *p);

/**
 * stderr_pipe_split() - cut a buffer into lines; pure
 * @data, @size: what has come so far
 * @is_full:     the buffer can hold no more: what there is counts as a line
 * @ret_line:    length of the first line, without its end
 *
 * Return: bytes to consume, line and end of line together; 0: no complete line yet
 */
size_t stderr_pipe_split(const char *data, size_t size, int is_full, size_t *ret_line);
