#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which processes an image holds: its file pstree.img has one record for each of them. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/**
 * pstree_count() - records in the bytes of that file
 *
 * Two magic numbers, then records, each after its length: 32 bits, little-endian.
 *
 * Return: how many; 0 if it is no such file.
 * Source: criu, images (CRIU's wiki, "Images"), lib/pycriu/images/magic.py.
 */
size_t pstree_count(const void *data, size_t size) ATTR_MUST_USE;

/** pstree_read() - the same of a directory with an image */
size_t pstree_read(int dir) ATTR_MUST_USE;

/**
 * pstree_has_other() - has CRIU begun with a process other than @pid?
 *
 * A dump that failed has no pstree.img; but core-<pid>.img of each process is made before anything
 * of it can fail.
 */
bool pstree_has_other(int dir, pid_t pid) ATTR_MUST_USE;
