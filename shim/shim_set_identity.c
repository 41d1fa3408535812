/* SPDX-License-Identifier: Apache-2.0 */

/* Directives that say whose PHP runs. */

#include "shim/shim_set.h"

#include <errno.h>
#include <stdlib.h>

#include <apr_strings.h>
#include <apr_user.h>

const char *shim_set_uid_gid(
	cmd_parms *cmd, void *dir_config, const char *uid_arg, const char *gid_arg)
{
	struct shim_config *config = dir_config;
	char *uid_end = NULL;
	char *gid_end = NULL;

	errno = 0;
	unsigned long uid = strtoul(uid_arg, &uid_end, 10);
	unsigned long gid = strtoul(gid_arg, &gid_end, 10);

	if (errno || uid_end == uid_arg || *uid_end || gid_end == gid_arg || *gid_end ||
		uid >= UINT32_MAX || gid >= UINT32_MAX)
		return "lsapi_uid_gid takes two numbers: uid and gid";
	config->has_identity = true;
	config->uid = (uid_t)uid;
	config->gid = (gid_t)gid;
	return NULL;
}

const char *shim_set_user_group(
	cmd_parms *cmd, void *dir_config, const char *user, const char *group)
{
	struct shim_config *config = dir_config;
	apr_uid_t uid = 0;
	apr_gid_t ignored = 0;
	apr_gid_t gid = 0;

	if (apr_uid_get(&uid, &ignored, user, cmd->temp_pool) != APR_SUCCESS)
		return apr_psprintf(cmd->pool, "lsapi_user_group: no such user: %s", user);
	if (apr_gid_get(&gid, group, cmd->temp_pool) != APR_SUCCESS)
		return apr_psprintf(cmd->pool, "lsapi_user_group: no such group: %s", group);
	config->has_identity = true;
	config->uid = uid;
	config->gid = gid;
	return NULL;
}
