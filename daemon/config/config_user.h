#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The file in a user's home, weaker than everything that is root's: which keys it may have, and
 * whether a value of it makes the administrator's tighter. Pure: who reads the file, and as whom,
 * is others' business. Its text is a stranger's, so only the manager parses it, or a process that
 * has become that user.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config/config.h"

/** Its name in the home directory. */
#define CONFIG_USER_FILE ".lsapid.conf"
/** A site's settings have some hundred bytes; more is a mistake or a try to fill our memory. */
#define CONFIG_USER_MAX_BYTES 16384U

/** config_user_is_on() - is the user's own file to be looked at? @pool: config_find_pool() or NULL
 */
bool config_user_is_on(const struct config *c, const struct config_pool *pool);

/**
 * config_user_may() - does the user's value for @key make that of the administrator tighter?
 * @key:   of the pool specification
 * @value: the user's, checked
 * @given: what is there without him; "": nothing is set
 *
 * Return: false also if @given cannot be understood: it stays, so that whoever reads it says so.
 */
bool config_user_may(const char *key, const char *value, const char *given);

/**
 * config_user_env_is_forbidden() - beside those of config_env_is_forbidden()
 * @size: of the name, which need not be ended
 *
 * Variables by which the loader, libc or PHP take code or settings from files that a site can
 * write: they would undo what php.ini forbids.
 *
 * Source: ld.so(8), "Secure-execution mode": the variables that it removes.
 */
bool config_user_env_is_forbidden(const char *name, size_t size);

/** config_user_keys() - the names of all keys that it may have, with commas. Return: @out */
const char *config_user_keys(char *out, size_t size);
