#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Log files, which only the supervisor opens: that of the daemon, which both processes write to,
 * and those of pools, which the manager writes to. Their paths are the configuration's.
 */

#include "daemon/base/attr.h"
#include "daemon/base/log.h"
#include "daemon/supervisor/settings.h"
#include "proto/fdpass.h"
#include "proto/priv.h"

struct supervisor;

struct logs {
	enum log_target target; /* in force: that of the configuration, unless it failed */
	int fd;                 /* owned: LOG_TARGET_FILE; the logger has another one of it */
};

void logs_init(struct logs *l);
void logs_deinit(struct logs *l);

/** logs_begin() - log to where the configuration says; if that fails, stderr has the reason */
void logs_begin(struct supervisor *s);

/** logs_reload() - @s->settings are new: log to where they say, if that is not where it goes */
void logs_reload(struct supervisor *s, const char *former_target);

/**
 * logs_open_pool() - LOG_OPEN: answer with the log file of a pool
 * @spec_fd: specification of the pool, which tells whose it is; all else is the configuration's
 *
 * Return: 0; 1: no honest manager sends such a specification.
 */
int logs_open_pool(struct supervisor *s, uint64_t id, int spec_fd);

/** logs_rotate() - open the files anew, and let the manager do so */
void logs_rotate(struct supervisor *s);

/**
 * logs_fill() - what SETUP and LOG_ROTATE tell of the target: flags, and the file
 * @fds: gets the file as its last one
 *
 * Return: 0; -errno: no descriptor for it
 */
int logs_fill(const struct logs *l, struct priv_message *m, struct fdpass_set *fds) ATTR_MUST_USE;

/**
 * logs_check() - would the target's file open, and is log_dir good if a pool needs it?
 * @path: of lsapid.conf, for the message
 *
 * Return: 0; 1 and one problem.
 */
int logs_check(const struct settings *s, const char *path, struct config_problem *ret_problem);
