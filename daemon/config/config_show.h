#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a pool works by, as members of a JSON object: for lsapidctl show and explain, whether a
 * manager answers or lsapid --explain does. The keys are documented in lsapidctl(8).
 */

#include <stdio.h>

#include "daemon/config/config.h"
#include "daemon/config/config_children.h"
#include "proto/pool_spec.h"

/** Whose pool, and all who say something about it. */
struct config_shown {
	const struct config *config;
	const struct config_pool *pool; /* config_find_pool(); NULL: none */
	const struct config_pool *own;  /* of the user's own file; NULL: none */
	const struct pool_spec *spec;   /* as Apache wrote it, or would */
	const struct config_account *account;
};

/** config_show() - "handler": {...}, "pool_file": ..., "settings": [...], without braces around */
void config_show(const struct config_shown *w, FILE *to);
