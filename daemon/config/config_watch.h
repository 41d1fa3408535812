#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a handler's PHP reads when it starts: files and directories whose change replaces its pools.
 */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

/** config_watch_add() - Return: 0; -ENOMEM */
int config_watch_add(struct config_handler *h, const char *path) ATTR_MUST_USE;

/** config_watch_clear() - forget all of them */
void config_watch_clear(struct config_handler *h);

/**
 * config_watch_add_own() - if this is the lsphp that is installed with lsapid: what it was built
 * for
 *
 * Its php.ini and directory of further ones, its library, and its extensions. Nothing can be known
 * of another one.
 *
 * Return: 0; -ENOMEM
 */
int config_watch_add_own(struct config_handler *h) ATTR_MUST_USE;
