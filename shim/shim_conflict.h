#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Modules that can not be beside mod_lsapi, or take its scripts away. */

#include "shim/shim.h"

/** shim_conflict_check() - httpd's check_config hook: a warning for each; never an error */
int shim_conflict_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
