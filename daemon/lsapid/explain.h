#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsapid --explain: what a pool of a user works by, who says so, and whether it may start. */

#include <stdbool.h>

#include "daemon/supervisor/settings.h"

/** Whose pool. */
struct explain_question {
	const char *user;
	const char *vhost;   /* NULL: a pool of the whole account */
	const char *handler; /* NULL: the built-in one */
	const char *docroot; /* NULL: not looked at */
	bool is_json;        /* for lsapidctl explain: the answer that a manager would give */
};

/**
 * explain() - print it
 *
 * The user's own file is read as the daemon reads it. Before its bytes are parsed this process
 * becomes that user, for good: it has nothing else to do.
 *
 * Return: exit status of the process.
 */
int explain(const struct settings *s, const struct explain_question *q);
