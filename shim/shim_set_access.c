/* SPDX-License-Identifier: Apache-2.0 */

/* lsapi_access_log: where lines go, and what is in them. */

#include "shim/shim_set.h"

#include <strings.h>

const char *shim_set_access_log(cmd_parms *cmd, void *dir, const char *target, const char *format)
{
	struct shim_config *config = shim_config_of_server(cmd->server);
	const char *const words[] = { target, format };

	if (!shim_set_is_good(cmd, DIRECTIVE_ID_ACCESS_LOG, words, format ? 2 : 1))
		return NULL;
	if (!config->access)
		config->access = apr_array_make(cmd->pool, 2, sizeof(struct shim_access_log *));
	/* none, also not those of the main server */
	if (strcasecmp(target, "off") == 0)
		return NULL;
	struct shim_access_log *log = apr_pcalloc(cmd->pool, sizeof(*log));

	log->target = target;
	/* it was looked at above */
	(void)access_format_parse(format ? format : ACCESS_FORMAT_DEFAULT, &log->format);
	config->has_usage_log = config->has_usage_log || access_format_needs_usage(&log->format);
	APR_ARRAY_PUSH(config->access, struct shim_access_log *) = log;
	return NULL;
}
