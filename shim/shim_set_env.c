/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about the environment of PHP. */

#include "shim/shim_set.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

static bool is_env_name(const char *name)
{
	if (!apr_isalpha(*name) && *name != '_')
		return false;
	for (; *name; name++)
		if (!apr_isalnum(*name) && *name != '_')
			return false;
	return true;
}

/* B49: these are not the administrator's to set here. */
static bool is_env_ours(const char *name)
{
	return strcmp(name, "PATH") == 0 || strncmp(name, "HTTP_", 5) == 0 ||
	       strncmp(name, "LSAPI_", 6) == 0;
}

const char *shim_set_env(cmd_parms *cmd, void *dir_config, const char *name, const char *value)
{
	struct shim_config *config = shim_config_of_server(cmd->server);

	if (!is_env_name(name))
		return apr_psprintf(cmd->pool, "lsapi_set_env: %s is no name of a variable", name);
	if (is_env_ours(name)) {
		ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
			"lsapi: lsapi_set_env %s: PATH, HTTP_* and LSAPI_* are ignored%s", name,
			strcmp(name, "PATH") == 0 ? ", use lsapi_set_env_path" : "");
		return NULL;
	}
	if (!config->env)
		config->env = apr_table_make(cmd->pool, 4);
	apr_table_set(config->env, name, value ? value : "");
	return NULL;
}
