#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The account of a pool by name. Nothing of httpd in here. */

#include "shim/shim_process.h"

/**
 * shim_user_of_pool() - its name, or number if there is none; borrowed: process
 *
 * Asked of the system once for each pool. NULL: no pool, or no memory.
 */
const char *shim_user_of_pool(struct shim_pool *pool);
