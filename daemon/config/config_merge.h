#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a pool works by. Strongest first: its pool file, Apache's directives (the specification that
 * the shim sent), defaults of lsapid.conf, the documented default. children_max caps the result,
 * and what the user's own file says may make it tighter still.
 */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "proto/pool_spec.h"

enum config_source {
	CONFIG_SOURCE_DOCUMENTED, /* nobody says anything */
	CONFIG_SOURCE_DEFAULTS,   /* lsapid.conf */
	CONFIG_SOURCE_DIRECTIVE,  /* Apache's configuration */
	CONFIG_SOURCE_POOL_FILE,
	CONFIG_SOURCE_CAP,       /* children_max, of lsapid.conf or of a pool file */
	CONFIG_SOURCE_PIDS_MAX,  /* nobody says how many children: the account's cgroup does */
	CONFIG_SOURCE_NPROC,     /* the same with RLIMIT_NPROC */
	CONFIG_SOURCE_USER_FILE, /* the user's own */
	CONFIG_SOURCE_COUNT
};

/** One effective value and where it came from. */
struct config_setting {
	const char *key;   /* of the specification */
	const char *value; /* "" if it is not set */
	enum config_source source;
	const char *file; /* NULL: none */
	int line;
	const char *asked; /* what the user's own file wants and does not get; NULL: nothing */
	int asked_line;
	/* what would count without this source: that of the next weaker one; NULL: the default */
	const char *instead_of;
	enum config_source instead_source;
};

/**
 * config_merge() - the specification with everything that the files say
 * @pool: config_find_pool(); NULL: none
 * @user: of the user's own file, config_load_user(); NULL: none. Nothing if it is switched off.
 * @out:  POOL_SPEC_MAX_BYTES; *ret_spec views it
 *
 * Return: 0; enum pool_spec_error (it grew beyond its bounds).
 */
int config_merge(const struct config *c, const struct config_pool *pool,
	const struct config_pool *user, const struct pool_spec *spec, char *out,
	struct pool_spec *ret_spec) ATTR_MUST_USE;

/**
 * config_find_pool_of() - config_find_pool() for the account and the virtual host of @spec
 * @user: name of the account; NULL: not known
 */
const struct config_pool *config_find_pool_of(
	const struct config *c, const struct pool_spec *spec, const char *user);

/** config_merge_cap() - most children that anybody may ask for, and who says so */
uint32_t config_merge_cap(
	const struct config *c, const struct config_pool *pool, struct config_setting *ret_origin);

/** config_merge_is_written() - has somebody said something about @key, or is it the default? */
bool config_merge_is_written(const struct config *c, const struct config_pool *pool,
	const struct pool_spec *spec, const char *key);

/** config_setting_fn - told of each setting, in the order of the manual; views end with the call */
typedef void (*config_setting_fn)(void *context, const struct config_setting *setting);

/** config_explain() - every effective value and its source */
void config_explain(const struct config *c, const struct config_pool *pool,
	const struct config_pool *user, const struct pool_spec *spec, config_setting_fn tell,
	void *context);

/** config_source_name() - for people */
const char *config_source_name(enum config_source source);
