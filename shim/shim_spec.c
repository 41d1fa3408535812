/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_spec.h"

#include <string.h>

struct spec_row {
	enum shim_setting setting;
	const char *key;
};

static const struct spec_row rows[] = {
	{ SHIM_CHILDREN, SPEC_CHILDREN },
	{ SHIM_MAX_IDLE_S, SPEC_MAX_IDLE },
	{ SHIM_PGRP_MAX_IDLE_S, SPEC_PGRP_MAX_IDLE },
	{ SHIM_MAX_REQS, SPEC_MAX_REQS },
	{ SHIM_MAX_PROCESS_TIME_S, SPEC_MAX_PROCESS_TIME },
	{ SHIM_ACCEPT_NOTIFY, SPEC_ACCEPT_NOTIFY },
	{ SHIM_ENABLE_USER_INI, SPEC_USER_INI },
	{ SHIM_USER_INI_HOMEDIR, SPEC_USER_INI_HOME },
	{ SHIM_COREDUMP, SPEC_COREDUMP },
	{ SHIM_CONNECTION_POOL, SPEC_CONNECTION_POOL },
	{ SHIM_OOM_SCORE_ADJ, SPEC_OOM_SCORE_ADJ },
	{ SHIM_MAX_CONNECTION, SPEC_MAX_CONNECTIONS },
	{ SHIM_PGRP_MAX_REQS, SPEC_PGRP_MAX_REQS },
	{ SHIM_PGRP_MAX_CRASHES, SPEC_PGRP_MAX_CRASHES },
	{ SHIM_DUMP_DEBUG_INFO, SPEC_DUMP_DEBUG_INFO },
	{ SHIM_SLOW_TIME_S, SPEC_SLOW_TIME },
	{ SHIM_INITIAL_START, SPEC_INITIAL_START },
	{ SHIM_RESET_CRIU, SPEC_CRIU_RESET },
	{ SHIM_CRIU_DEBUG, SPEC_CRIU_DEBUG },
};

static void add_scope(struct pool_spec_builder *b, const struct shim_spec_facts *facts)
{
	/* B33, B34: a pool of an account belongs to no virtual host, and to no document root */
	if (facts->is_per_user) {
		pool_spec_add(b, SPEC_SCOPE, "user");
		return;
	}
	pool_spec_add(b, SPEC_SCOPE, "vhost");
	if (facts->host)
		pool_spec_add(b, SPEC_NAME, facts->host);
	/* browsers choose how many pools there are, but not how many files */
	if (facts->host && facts->server && strcmp(facts->host, facts->server) != 0)
		pool_spec_add(b, SPEC_LOG_NAME, facts->server);
	if (facts->docroot && facts->docroot[0] == '/')
		pool_spec_add(b, SPEC_DOCROOT, facts->docroot);
}

static void add_settings(struct pool_spec_builder *b, const int *value)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (value[rows[i].setting] != SHIM_UNSET)
			pool_spec_add_int(b, rows[i].key, value[rows[i].setting]);
}

/* B56: Apache says whether, lsapid where. */
static void add_own_log(struct pool_spec_builder *b, const int *value)
{
	if (value[SHIM_USE_OWN_LOG] == SHIM_UNSET)
		return;
	if (!value[SHIM_USE_OWN_LOG])
		pool_spec_add(b, SPEC_OWN_LOG, "off");
	else
		pool_spec_add(
			b, SPEC_OWN_LOG, value[SHIM_COMMON_OWN_LOG] == 1 ? "common" : "vhost");
}

/* B63, B64: what lsapid does where nothing is written, the directive has no word for. */
static void add_criu(struct pool_spec_builder *b, const struct shim_spec_facts *facts)
{
	if (facts->value[SHIM_CRIU] != SHIM_UNSET)
		pool_spec_add(b, SPEC_CRIU, facts->value[SHIM_CRIU] ? "on" : "off");
	if (facts->word[SHIM_WORD_CRIU_IMGS_DIR_PATH])
		pool_spec_add(b, SPEC_CRIU_IMAGES_DIR, facts->word[SHIM_WORD_CRIU_IMGS_DIR_PATH]);
}

int shim_spec_build(const struct shim_spec_facts *facts, char parts[POOL_SPEC_MAX_BYTES],
	char out[POOL_SPEC_MAX_BYTES], size_t *ret_size)
{
	struct pool_spec_builder builder;
	struct pool_spec spec;

	pool_spec_builder_init(&builder, parts, POOL_SPEC_MAX_BYTES);
	pool_spec_add(&builder, SPEC_HANDLER, facts->handler);
	pool_spec_add_uint(&builder, SPEC_UID, facts->uid);
	pool_spec_add_uint(&builder, SPEC_GID, facts->gid);
	add_scope(&builder, facts);
	add_settings(&builder, facts->value);
	add_own_log(&builder, facts->value);
	add_criu(&builder, facts);
	if (facts->word[SHIM_WORD_ENV_PATH])
		pool_spec_add(&builder, SPEC_PATH, facts->word[SHIM_WORD_ENV_PATH]);
	if (facts->phprc)
		pool_spec_add(&builder, SPEC_PHPRC, facts->phprc);
	for (size_t i = 0; i < facts->env_count; i++)
		pool_spec_add_env(&builder, facts->env[i].name, facts->env[i].value);
	int error = pool_spec_finish(&builder, out, POOL_SPEC_MAX_BYTES, &spec);

	if (error == 0)
		*ret_size = spec.size;
	return error;
}
