/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about the environment of PHP. */

#include "shim/shim_set.h"

const char *shim_set_env(cmd_parms *cmd, void *dir_config, const char *name, const char *value)
{
	struct shim_config *config = shim_config_of_server(cmd->server);
	const char *const words[] = { name };

	if (!shim_set_is_good(cmd, DIRECTIVE_ID_SET_ENV, words, 1))
		return NULL;
	if (!config->env)
		config->env = apr_table_make(cmd->pool, 4);
	apr_table_set(config->env, name, value ? value : "");
	return NULL;
}
