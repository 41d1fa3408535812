/* SPDX-License-Identifier: Apache-2.0 */

/* Directives about the settings of PHP, as mod_php has them. */

#include "shim/shim_set.h"

#include <stdlib.h>
#include <string.h>

/* As PHP reads a switch. Source: php-src Zend/zend_ini.c, zend_ini_parse_bool(). */
static bool is_on(const char *value)
{
	return strcasecmp(value, "on") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "true") == 0 || strtol(value, NULL, 10) != 0;
}

static const char *add_value(cmd_parms *cmd, void *dir_config, const char *name, const char *value,
	enum lsapi_ini_class ini_class)
{
	/* as mod_php: PHP checks more strictly what comes of .htaccess */
	if (ini_class == LSAPI_INI_USER && !shim_set_is_htaccess(cmd))
		ini_class = LSAPI_INI_SERVER;
	/* mod_php: "none" stands for nothing, as quotes were once hard to write here */
	struct shim_ini ini = {
		.name = name,
		.value = strcasecmp(value, "none") == 0 ? "" : value,
		.ini_class = ini_class,
	};

	/* no setting of lsphp, which looks whether it begins with 0 */
	if (strcmp(name, "engine") == 0)
		ini.value = is_on(ini.value) ? "1" : "0";
	shim_config_add_ini(cmd->pool, dir_config, &ini);
	return NULL;
}

const char *shim_set_php_value(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
	return add_value(cmd, dir, name, value, LSAPI_INI_USER);
}

const char *shim_set_php_admin_value(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
	return add_value(cmd, dir, name, value, LSAPI_INI_ADMIN);
}

static const char *flag_value(const char *value)
{
	return strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0 ? "1" : "0";
}

const char *shim_set_php_flag(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
	return add_value(cmd, dir, name, flag_value(value), LSAPI_INI_USER);
}

const char *shim_set_php_admin_flag(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
	return add_value(cmd, dir, name, flag_value(value), LSAPI_INI_ADMIN);
}
