#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The files that a running lsphp has been made of: what it has mapped (itself, libraries,
 * extensions) and what it has read at its start (php.ini, the directory of further ones).
 */

#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/criu/manifest.h"
#include "daemon/criu/why.h"

/**
 * gather() - put MANIFEST_MAP and MANIFEST_WATCH entries of process @pid
 * @watch: paths of files and directories; of a directory all that is in it, but nothing below. One
 *         that is missing is noted as such: it may come
 *
 * To be called before the dump. A file that was changed since the process has started is an error,
 * as nobody can tell which of the two it has read.
 *
 * Return: 0; -errno, -ESTALE for such a file, and @reterr in words.
 */
int gather(struct manifest_builder *b, pid_t pid, const char *const *watch, size_t count,
	struct why *reterr) ATTR_MUST_USE;
