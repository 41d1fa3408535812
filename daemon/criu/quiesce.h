#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Making an lsphp parent alone, for an image must not hold children: each restored copy of one
 * would go on with the same random numbers. Children that wait at the listening socket are told to
 * leave; with one that serves a connection nothing is done at all.
 *
 * It works with any lsphp, since it asks nothing of it but to die of SIGTERM. Whether a child has a
 * connection can only be told while it stands still: all are stopped for that, the parent first, so
 * that it forks no other. A child that is stopped has accepted a connection, which is seen, or has
 * not, and never will: SIGTERM is the first thing that it gets when it goes on.
 */

#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

enum quiesce_error {
	QUIESCE_E_BUSY = 1, /* it has connections, or gets them too fast */
	QUIESCE_E_GONE      /* there is no such process */
};

/**
 * quiesce_parent() - send its children away, if they are idle
 * @listener: the socket that they accept from
 * @end_ms:   how long children may take to leave
 *
 * Whatever comes out of it, nothing is left stopped.
 *
 * Return: 0; enum quiesce_error; -errno.
 */
int quiesce_parent(pid_t parent, int listener, uint32_t end_ms) ATTR_MUST_USE;
