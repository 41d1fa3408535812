#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* From what libconfuse has read, and config_load.c has checked, into the snapshot. */

#include <stdbool.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

struct cfg_t;

/** config_store_line() - of the last value of @name in this section; 0 if it was not written */
int config_store_line(struct cfg_t *cfg, const char *name);

/** config_store_main() - lsapid.conf. Return: 0; -ENOMEM */
int config_store_main(struct config *c, struct cfg_t *cfg) ATTR_MUST_USE;

/**
 * config_store_pool() - one section of a pool
 * @p:       zero; half filled if not 0
 * @is_user: of a user's own file: it has the keys that such a one may have
 *
 * Return: 0; -ENOMEM, -E2BIG
 */
int config_store_pool(struct config_pool *p, struct cfg_t *cfg, bool is_user) ATTR_MUST_USE;
