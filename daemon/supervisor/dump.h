#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a PHP child does, for the log, when its request is slow (slow_time) or before it is ended
 * for running too long (behaviours.md B59): where it waits in the kernel, its directory, which is
 * that of its script, its open files, and whom its sockets lead to. It is neither stopped nor
 * signalled.
 *
 * All of it is in /proc/PID, read through one open directory: that is of the process that was
 * checked, whoever gets its number later. Only what the kernel answers by itself is read. Command
 * line and environment are in the memory of the process, which could make a reader wait for ever.
 */

#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/supervisor/kin.h"

/** Open files that are told of. */
#define DUMP_FILES_MAX 48U

/**
 * dump_child() - log what @pid does if it is the one that @k says
 * @pool:   its name, for people
 * @ret_fd: a memfd with the same lines, for the log of its site; owned by the caller
 *
 * Return: 0; enum kin_error; -errno. Takes some milliseconds at most.
 */
int dump_child(const struct kin *k, pid_t pid, const char *pool, int *ret_fd) ATTR_MUST_USE;
