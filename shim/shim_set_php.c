/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about the settings of PHP, as mod_php has them. */

#include "shim/shim_set.h"

#include <string.h>

static const char *add_value(cmd_parms *cmd, void *dir_config, const char *name, const char *value,
	enum lsapi_ini_class ini_class)
{
	/* as mod_php: outside of .htaccess it is the administrator who says so */
	if (ini_class == LSAPI_INI_USER && (cmd->override & (RSRC_CONF | ACCESS_CONF)))
		ini_class = LSAPI_INI_SERVER;
	/* mod_php: "none" stands for nothing, as quotes were once hard to write here */
	struct shim_ini ini = {
		.name = name,
		.value = strcasecmp(value, "none") == 0 ? "" : value,
		.ini_class = ini_class,
	};

	shim_config_add_ini(cmd->pool, dir_config, &ini);
	return NULL;
}

const char *shim_set_php_value(cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, value, LSAPI_INI_USER);
}

const char *shim_set_php_admin_value(
	cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, value, LSAPI_INI_ADMIN);
}

static const char *flag_value(const char *value)
{
	return strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0 ? "1" : "0";
}

const char *shim_set_php_flag(cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, flag_value(value), LSAPI_INI_USER);
}

const char *shim_set_php_admin_flag(
	cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, flag_value(value), LSAPI_INI_ADMIN);
}
