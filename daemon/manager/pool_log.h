#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The log file of a pool, if it has one (config_log.h): for what its lsphp writes to stderr. The
 * supervisor opens it, by its own reading of the configuration (LOG_OPEN); until its answer comes
 * that output waits in its pipe. A file is open while the pool has such a pipe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/line_file.h"
#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "proto/fdpass.h"
#include "proto/priv.h"

/** LOG_OPENs without an answer at once; after a SIGUSR1 thousands may be due. */
#define POOL_LOG_MAX_ASKED 64U

struct manager;
struct pool;

struct pool_log {
	struct list_node node;       /* in all */
	struct list_node queue_node; /* in the queue: to be asked for */
	struct pool *pool;           /* borrowed: it owns us */
	char *path;                  /* owned: for messages, and to see a change */
	uint64_t asked;              /* id of its LOG_OPEN; 0: none under way */
	struct line_file file;
};

/** All of them. */
struct pool_logs {
	struct list all;
	struct list queue;
	struct map asked; /* id to pool_log */
	uint64_t last_id; /* ids count up */
};

void pool_logs_init(struct pool_logs *logs);
void pool_logs_deinit(struct pool_logs *logs); /* of what is left when the pools are gone */

/** pool_logs_reopen() - all that are open: each goes on with its old file until it has the new */
void pool_logs_reopen(struct manager *m);

/** pool_logs_on_fd() - LOG_FD has come. Return: false: nobody asked for it, a violation */
bool pool_logs_on_fd(struct manager *m, const struct priv_message *msg, struct fdpass_set *fds);

/**
 * pool_logs_on_dumped() - DUMPED has come: the pool's own log gets its lines, if there is one
 *
 * Return: false: a violation
 */
bool pool_logs_on_dumped(struct manager *m, const struct priv_message *msg, int fd);

/**
 * pool_log_follow() - have the file that the configuration in force names, or none
 *
 * For a pool that has pipes, or is about to have one. What goes wrong is logged, and the daemon's
 * log gets the lines.
 */
void pool_log_follow(struct pool *p);

/** pool_log_close() - nothing more comes; also if there is none */
void pool_log_close(struct pool *p);

/** pool_log_is_awaited() - is there no file yet, but soon an answer? */
bool pool_log_is_awaited(const struct pool *p);

/** pool_log_write() - one line of @pid. Return: false: it has to go to the daemon's log */
bool pool_log_write(struct pool *p, int32_t pid, const char *text, size_t size) ATTR_MUST_USE;

/**
 * pool_log_format() - the line with its end; pure but for the time
 *
 * Return: bytes, without a NUL.
 */
size_t pool_log_format(
	char *out, size_t size, const char *name, int32_t pid, const char *text, size_t text_size);
