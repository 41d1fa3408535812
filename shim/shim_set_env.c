/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about the environment of PHP. */

#include "shim/shim_set.h"

#include <string.h>

#include <apr_strings.h>

#include "proto/directive_value.h"

const char *shim_set_env(cmd_parms *cmd, void *dir_config, const char *name, const char *value)
{
	struct shim_config *config = shim_config_of_server(cmd->server);

	if (!directive_value_is_env_name(name))
		return apr_psprintf(cmd->pool, "lsapi_set_env: %s is no name of a variable", name);
	if (directive_value_is_env_reserved(name)) {
		shim_set_tell(cmd, APLOG_WARNING,
			"lsapi_set_env %s: PATH, HTTP_* and LSAPI_* are ignored%s", name,
			strcmp(name, "PATH") == 0 ? ", use lsapi_set_env_path" : "");
		return NULL;
	}
	if (!config->env)
		config->env = apr_table_make(cmd->pool, 4);
	apr_table_set(config->env, name, value ? value : "");
	return NULL;
}
