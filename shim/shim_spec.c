/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim.h"

#include <apr_strings.h>

#include "proto/pool_spec.h"

struct spec_row {
	enum shim_setting setting;
	const char *key;
};

/* Only what was written goes in: the daemon knows the defaults, and who may override them. */
static const struct spec_row rows[] = {
	{ SHIM_CHILDREN, SPEC_CHILDREN },
	{ SHIM_MAX_IDLE_S, SPEC_MAX_IDLE },
	{ SHIM_PGRP_MAX_IDLE_S, SPEC_PGRP_MAX_IDLE },
	{ SHIM_MAX_REQS, SPEC_MAX_REQS },
	{ SHIM_MAX_PROCESS_TIME_S, SPEC_MAX_PROCESS_TIME },
	{ SHIM_ACCEPT_NOTIFY, SPEC_ACCEPT_NOTIFY },
};

static int add_env(void *builder, const char *name, const char *value)
{
	pool_spec_add_env(builder, name, value);
	return 1;
}

static void add_scope(struct pool_spec_builder *b, const struct shim_config *config,
	const struct shim_pool_key *key)
{
	/* B33, B34: a pool of an account belongs to no virtual host, and to no document root */
	if (shim_config_get(config, SHIM_PER_USER)) {
		pool_spec_add(b, SPEC_SCOPE, "user");
		return;
	}
	pool_spec_add(b, SPEC_SCOPE, "vhost");
	if (key->server->server_hostname)
		pool_spec_add(b, SPEC_NAME, key->server->server_hostname);
	if (key->docroot && key->docroot[0] == '/')
		pool_spec_add(b, SPEC_DOCROOT, key->docroot);
}

const char *shim_spec_build(
	apr_pool_t *p, const struct shim_pool_key *key, size_t *ret_size, const char **reterr_why)
{
	const struct shim_config *config = shim_config_of_server(key->server);
	char *parts = apr_palloc(p, POOL_SPEC_MAX_BYTES);
	char *text = apr_palloc(p, POOL_SPEC_MAX_BYTES);
	struct pool_spec_builder builder;
	struct pool_spec spec;

	pool_spec_builder_init(&builder, parts, POOL_SPEC_MAX_BYTES);
	pool_spec_add(&builder, SPEC_HANDLER, key->handler);
	pool_spec_add_uint(&builder, SPEC_UID, key->uid);
	pool_spec_add_uint(&builder, SPEC_GID, key->gid);
	add_scope(&builder, config, key);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (shim_config_is_set(config, rows[i].setting))
			pool_spec_add_uint(&builder, rows[i].key,
				(uint64_t)shim_config_get(config, rows[i].setting));
	if (config->path)
		pool_spec_add(&builder, SPEC_PATH, config->path);
	if (config->env)
		apr_table_do(add_env, &builder, config->env, NULL);
	int error = pool_spec_finish(&builder, text, POOL_SPEC_MAX_BYTES, &spec);

	if (error) {
		*reterr_why = pool_spec_error_text(error);
		return NULL;
	}
	*ret_size = spec.size;
	return text;
}
