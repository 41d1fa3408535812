#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * All images as a JSON document, for lsapidctl criu list:
 *
 *   {"images": [{"directory", "pool", "uid", "gid", "handler", "bytes", "created", "last_used",
 *     "restores", "cold_ms", "freeze_ms", "restore_ms", "is_valid", "problem"}, ...], "bytes"}
 *
 * Times are seconds of the epoch. Of one with a broken manifest there are only the first and the
 * last two; restore_ms is there after a restore.
 */

#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/criu/host.h"
#include "daemon/criu/store.h"

/**
 * list_print() - the document
 * @host: to say which images fit this host
 *
 * An image "is_valid" if all but its facts is as it was, which only a start can tell.
 *
 * Return: malloc'ed text, one line; NULL: no memory, or the directory cannot be read.
 */
char *list_print(const struct store *stores, size_t count, const struct host *host) ATTR_MUST_USE;
