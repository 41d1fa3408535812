/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_xsendfile_path: whence httpd sends files that PHP names. */

#include "shim/shim_set.h"

const char *shim_set_xsendfile_path(cmd_parms *cmd, void *dir, const char *path)
{
	struct shim_config *config = shim_config_of_server(cmd->server);
	const char *const words[] = { path };

	if (!shim_set_is_good(cmd, DIRECTIVE_ID_XSENDFILE_PATH, words, 1))
		return NULL;
	if (!config->sendfile)
		config->sendfile = apr_array_make(cmd->pool, 2, sizeof(const char *));
	APR_ARRAY_PUSH(config->sendfile, const char *) = path;
	return NULL;
}
