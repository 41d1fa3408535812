#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The file of handler_map: further handlers, one "NAME BINARY" per line, as mod_lsapi's hosts have
 * it already (behaviours.md B02). Pure: reads a text that was read.
 */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

/** config_is_handler_map() - is this the file that lsapid.conf names as handler_map? */
bool config_is_handler_map(const struct config *c, const char *path);

/**
 * config_load_handlers() - add the handlers of @text to @c
 * @text: NUL-terminated; changed
 *
 * Return: 0; 1 and all problems; -ENOMEM.
 */
int config_load_handlers(struct config *c, const char *file, char *text,
	struct config_problems *ret_problems) ATTR_MUST_USE;
