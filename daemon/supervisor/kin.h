#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One child of an lsphp parent, which the manager names by pid to have it signalled. The pid is
 * hearsay (PHP told an Apache process, which told the manager), so here it is looked at: the kernel
 * has to say that this process is the child of that parent and runs as that pool's user.
 *
 * A pidfd is opened first and the signal sent through it at the end. It fails if the process was
 * reaped meanwhile, and until then its number is no other's: so what was read in between is of the
 * process that gets the signal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/** Of /proc/PID/status: the lines that are needed are among the first. */
#define KIN_STATUS_SIZE 2048U

/** Who a child has to be. */
struct kin {
	pid_t parent; /* its parent: lsphp's, or ourselves for what lsphp's parent left behind */
	uid_t uid;    /* all four of its user ids */
};

enum kin_error {
	KIN_E_GONE = 1, /* it has ended: nothing to do */
	KIN_E_STRANGER  /* another's child, or another user's: not to be touched */
};

/**
 * kin_is() - does the text of /proc/PID/status tell of such a process? Pure.
 * @text: NUL-terminated
 */
bool kin_is(const struct kin *k, const char *text);

/**
 * kin_signal() - send @signal_number to @pid if it is the one that @k says
 *
 * Return: 0; enum kin_error; -errno (descriptors, memory).
 */
int kin_signal(const struct kin *k, pid_t pid, int signal_number) ATTR_MUST_USE;
