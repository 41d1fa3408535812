#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The capabilities of this process, see capabilities(7): those that CRIU needs, and giving up. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/**
 * capability_list_missing() - names of those that CRIU needs and we have not
 *
 * Without CAP_SYS_RESOURCE it works too, see capability_pose_as().
 *
 * Return: true if nothing is missing; else "CAP_X CAP_Y" in @ret_text.
 */
bool capability_list_missing(char *ret_text, size_t size);

/**
 * capability_pose_as() - have the real ids of a user whose process is to be dumped, if that is
 * needed
 *
 * To read the limits of a process of other ids CRIU needs CAP_SYS_RESOURCE (prlimit(2)): the real
 * ones count there. The effective ids, and with them all other rights, stay root's. A process with
 * the capability leaves its ids alone, since with these the user can signal it: kill(2).
 *
 * Return: 0; -errno.
 */
int capability_pose_as(uid_t uid, gid_t gid) ATTR_MUST_USE;

/**
 * capability_keep_kill() - give up all but CAP_KILL, for good
 *
 * Return: 0; -errno.
 */
int capability_keep_kill(void) ATTR_MUST_USE;
