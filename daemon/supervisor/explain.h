#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsapid --explain: what a pool of a user works by, and who says so. */

#include "daemon/supervisor/settings.h"

/**
 * explain() - print it
 * @vhost: NULL: a pool of the whole account
 *
 * The user's own file is read as the daemon reads it. Before its bytes are parsed this process
 * becomes that user, for good: it has nothing else to do.
 *
 * Return: exit status of the process.
 */
int explain(const struct settings *s, const char *user, const char *vhost);
