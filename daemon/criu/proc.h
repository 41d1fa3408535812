#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What /proc says about a process. The pid is the caller's to keep from being used again. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/**
 * proc_children() - the children of all its threads, zombies included
 *
 * Return: 0; -E2BIG if there are more than @max; other -errno.
 */
int proc_children(pid_t pid, pid_t *ret_pids, size_t max, size_t *ret_count) ATTR_MUST_USE;

/** proc_parent() - Return: pid; 0 if there is no such process */
pid_t proc_parent(pid_t pid);

/** proc_is_still() - does none of its threads run any more: stopped by a signal, or dead? */
bool proc_is_still(pid_t pid);

/** proc_link() - text of the link /proc/PID/NAME. Return: true if all of it fit */
bool proc_link(pid_t pid, const char *name, char *ret_text, size_t size) ATTR_MUST_USE;
