#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapid --explain prints. */

#include <stdio.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

/** Whose pool is asked for. */
struct config_whose {
	const char *user; /* name of the account; NULL: it has none */
	uid_t uid;
	gid_t gid;
	const char *vhost;        /* NULL: a pool of the whole account */
	const struct config *own; /* borrowed: config_load_user() of his own file; NULL: nothing */
	const char *own_note;     /* borrowed: what has become of that file; NULL: not looked at */
};

/**
 * config_print() - every effective value, and where it comes from
 *
 * Apache's directives are not known here: what they may still change is told.
 *
 * Return: 0; -errno of the output.
 */
int config_print(const struct config *c, const struct config_whose *whose, FILE *to) ATTR_MUST_USE;
