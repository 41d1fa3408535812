/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_param: variables of requests, and settings of PHP under four names of them. */

#include "shim/shim_set.h"

#include <string.h>

#include <apr_strings.h>

#include "proto/directive_value.h"
#include "shim/shim_param.h"

typedef const char *(*set_php_fn)(cmd_parms *, void *, const char *, const char *);

struct php_name {
	const char *name;
	set_php_fn set;
};

static const struct php_name php_names[] = {
	{ "PHP_VALUE", shim_set_php_value },
	{ "PHP_FLAG", shim_set_php_flag },
	{ "PHP_ADMIN_VALUE", shim_set_php_admin_value },
	{ "PHP_ADMIN_FLAG", shim_set_php_admin_flag },
};

/** They tell what runs and who asks: httpd finds that out, and a copy would deceive PHP. */
static const char *const own_names[] = {
	"AUTH_TYPE",
	"CONTENT_LENGTH",
	"CONTENT_TYPE",
	"CONTEXT_DOCUMENT_ROOT",
	"CONTEXT_PREFIX",
	"DOCUMENT_ROOT",
	"GATEWAY_INTERFACE",
	"HTTP_PROXY",
	"PATH",
	"PATH_INFO",
	"PATH_TRANSLATED",
	"PHP_SELF",
	"QUERY_STRING",
	"REMOTE_ADDR",
	"REMOTE_HOST",
	"REMOTE_PORT",
	"REMOTE_USER",
	"REQUEST_METHOD",
	"REQUEST_SCHEME",
	"REQUEST_URI",
	"SCRIPT_FILENAME",
	"SCRIPT_NAME",
	"SERVER_ADDR",
	"SERVER_ADMIN",
	"SERVER_NAME",
	"SERVER_PORT",
	"SERVER_PROTOCOL",
	"SERVER_SOFTWARE",
};

static bool is_own(const char *name)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (strcmp(own_names[i], name) == 0)
			return true;
	return false;
}

static const char *set_php(
	cmd_parms *cmd, void *dir, const struct php_name *php, const char *settings)
{
	const char *why = NULL;

	for (const char *at = settings; !why;) {
		struct shim_param param;

		switch (shim_param_next(&at, &param)) {
		case SHIM_PARAM_END:
			return NULL;
		case SHIM_PARAM_BAD:
			shim_set_tell(cmd, APLOG_WARNING,
				"lsapi_param %s: not name=value[;name=value...], it is ignored: "
				"%.*s",
				php->name, (int)param.name_size, param.name);
			break;
		case SHIM_PARAM_FOUND:
			why = php->set(cmd, dir,
				apr_pstrmemdup(cmd->pool, param.name, param.name_size),
				apr_pstrmemdup(cmd->pool, param.value, param.value_size));
			break;
		}
	}
	return why;
}

const char *shim_set_param(cmd_parms *cmd, void *dir, const char *name, const char *value)
{
	struct shim_config *config = dir;

	for (size_t i = 0; i < sizeof(php_names) / sizeof(php_names[0]); i++)
		if (strcmp(php_names[i].name, name) == 0)
			return set_php(cmd, dir, &php_names[i], value);
	if (!directive_value_is_env_name(name) || is_own(name)) {
		shim_set_tell(cmd, APLOG_WARNING, "lsapi_param %s: %s, it is ignored", name,
			is_own(name) ? "this variable is httpd's or the pool's own"
				     : "no name of a variable");
		return NULL;
	}
	if (!config->param)
		config->param = apr_table_make(cmd->pool, 4);
	apr_table_set(config->param, name, value);
	return NULL;
}
