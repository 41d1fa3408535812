#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_phprc: where the PHP of a pool looks for php.ini. */

#include "shim/shim.h"

/** Values of PHPRC that one user of one site may bring in a process, see shim_phprc_of_request() */
#define SHIM_PHPRC_MAX 8U

/**
 * shim_phprc_of_request() - what SetEnv PHPRC of the request adds to the key of its pool
 * @key: all else of it
 *
 * Return: a path, with lsapi_phprc Env only; else, or if there were too many, "".
 */
const char *shim_phprc_of_request(
	request_rec *r, struct shim_process *p, const struct shim_pool_key *key);

/**
 * shim_phprc_of_pool() - PHPRC in the specification of a pool
 *
 * Return: NULL: the directive is not written; "": none.
 * Source: behaviours.md B52; pool_spec.h for what stands for the home directory.
 */
const char *shim_phprc_of_pool(request_rec *r, const struct shim_pool_key *key);
