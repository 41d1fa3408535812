/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_xsendfile_path: whence httpd sends files that PHP names. */

#include "shim/shim_set.h"

#include <string.h>

const char *shim_set_xsendfile_path(cmd_parms *cmd, void *dir, const char *path)
{
	struct shim_config *config = shim_config_of_server(cmd->server);

	if (path[0] != '/' || path[strspn(path, "/")] == '\0') {
		shim_set_tell(cmd, APLOG_WARNING, "lsapi_xsendfile_path %s: %s, it is ignored",
			path,
			path[0] == '/' ? "all of the host can not be allowed"
				       : "not an absolute path");
		return NULL;
	}
	if (!config->sendfile)
		config->sendfile = apr_array_make(cmd->pool, 2, sizeof(const char *));
	APR_ARRAY_PUSH(config->sendfile, const char *) = path;
	return NULL;
}
