#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* libconfuse's only door: the text of one lsapid.conf into the snapshot. */

#include "daemon/config/config.h"

/**
 * config_load() - read the text of lsapid.conf into @c, which is zero
 * @file:         name for messages
 * @text:         NUL-terminated
 * @ret_problems: all that could be found
 *
 * Return: 0; 1 and problems; -errno. @c may be half filled then; config_free() it.
 */
int config_load(struct config *c, const char *file, const char *text,
	struct config_problems *ret_problems) ATTR_MUST_USE;

/**
 * config_load_user() - the text of a file that belongs to a user himself
 * @c: zero, and only for this; its pools have no user: config_find_pool_of() with ""
 *
 * Return: as config_load_pools().
 */
int config_load_user(struct config *c, const char *file, const char *text,
	struct config_problems *ret_problems) ATTR_MUST_USE;

/**
 * config_load_pools() - add the pools of one pool file to @c, all of them or none
 *
 * Return: as above; @c is as it was if not 0.
 */
int config_load_pools(struct config *c, const char *file, const char *text,
	struct config_problems *ret_problems) ATTR_MUST_USE;
