#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* One section of a pool file, and who it is about: the index of users and virtual hosts. */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

/** config_pool_add_entry() - a setting, as the pool specification has it. Return: 0; -ENOMEM */
int config_pool_add_entry(
	struct config_pool *p, const char *key, const char *value, int line) ATTR_MUST_USE;

/**
 * config_pool_add_named() - one of a list: @text is a checked NAME=value
 * @prefix: of the key in the pool specification: SPEC_ENV_PREFIX, SPEC_INI_PREFIX
 *
 * Return: 0; -E2BIG; -ENOMEM
 */
int config_pool_add_named(
	struct config_pool *p, const char *prefix, const char *text, int line) ATTR_MUST_USE;

/** config_pool_add_vhost() - Return: 0; -ENOMEM */
int config_pool_add_vhost(struct config_pool *p, const char *name) ATTR_MUST_USE;

/**
 * config_pool_enter() - @c owns @p from now on, and finds it
 * @file: name of its file; entered, too, if it is not the last one that was
 *
 * Return: 0; 1 and a problem: somebody else speaks of the same user and virtual host; -ENOMEM.
 */
int config_pool_enter(struct config *c, struct config_pool *p, const char *file,
	struct config_problem *ret_problem) ATTR_MUST_USE;

/** config_pool_truncate() - take out and free what was entered after the first @count */
void config_pool_truncate(struct config *c, size_t count);

/** config_pool_free() - accepts NULL; returns NULL */
struct config_pool *config_pool_free(struct config_pool *p);
