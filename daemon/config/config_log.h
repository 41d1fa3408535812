#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which file of log_dir has what the PHP of a pool logs. Manager and supervisor ask the same
 * question of the same configuration: what crosses between them is a specification, never a name.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config/config.h"
#include "proto/pool_spec.h"

/** Room for every name that config_log_name() makes. */
#define CONFIG_LOG_NAME_SIZE 256U

/** Who reads such a file. */
enum config_log {
	CONFIG_LOG_NONE = 0, /* there is none */
	CONFIG_LOG_OF_USER,  /* the owner of the site may */
	CONFIG_LOG_COMMON    /* lines of several users: root only */
};

/**
 * config_log_name() - the log file of a pool
 * @pool:     the section that speaks of it; NULL: none
 * @spec:     checked
 * @ret_name: a name without a slash, written unless CONFIG_LOG_NONE
 *
 * A name of a virtual host comes from Apache, maybe from a browser: what is not a host's name is
 * left out, and the user's id is in every name, so that no two users share a file.
 */
enum config_log config_log_name(const struct config *c, const struct config_pool *pool,
	const struct pool_spec *spec, char ret_name[CONFIG_LOG_NAME_SIZE]);
