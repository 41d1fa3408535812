#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* From what the configuration says of a pool to its specification. Pure: facts in, bytes out. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "proto/pool_spec.h"
#include "shim/shim_setting.h"

/** One lsapi_set_env. */
struct shim_spec_env {
	const char *name;
	const char *value;
};

/** What counts for a pool; everything is borrowed. */
struct shim_spec_facts {
	const char *handler;
	uid_t uid;
	gid_t gid;
	bool is_per_user;    /* lsapi_per_user: a pool of the account, whatever the virtual host */
	const char *host;    /* name of the virtual host; NULL: none */
	const char *server;  /* its ServerName, if that may be another; NULL: none */
	const char *docroot; /* left out unless absolute */
	const char *phprc;   /* NULL: nothing was written of it; "": none */
	const int *value;    /* SHIM_SETTING_COUNT settings, SHIM_UNSET where nothing was written */
	const char *const *word; /* SHIM_WORD_COUNT words, NULL where nothing was written */
	const struct shim_spec_env *env;
	size_t env_count;
};

/**
 * shim_spec_build() - the specification of a pool
 * @parts:    POOL_SPEC_MAX_BYTES to work in
 * @out:      POOL_SPEC_MAX_BYTES for the result
 * @ret_size: bytes of it
 *
 * Only what was written goes in: the daemon knows the defaults, and who may override them.
 *
 * Return: 0; enum pool_spec_error.
 * Source: behaviours.md B33, B34, B37, B48, B52, B54, B63-B66.
 */
int shim_spec_build(const struct shim_spec_facts *facts, char parts[POOL_SPEC_MAX_BYTES],
	char out[POOL_SPEC_MAX_BYTES], size_t *ret_size);
