#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* All images as a JSON document, for lsapidctl criu list. */

#include "daemon/base/attr.h"
#include "daemon/criu/host.h"
#include "daemon/criu/store.h"

/**
 * list_print() - the document and a newline
 * @host: to say which images fit this host
 *
 * An image "is_valid" if all but its facts is as it was, which only a start can tell.
 *
 * Return: malloc'ed text; NULL without memory.
 */
char *list_print(const struct store *s, const struct host *host) ATTR_MUST_USE;
