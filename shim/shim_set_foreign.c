/* SPDX-License-Identifier: Apache-2.0 */

/* Directives of other modules that are accepted and do nothing (behaviours.md B25). */

#include "shim/shim_set.h"

#include <apr_strings.h>

#include "proto/directive_foreign.h"

/* A module that is there does what it is told, whatever we do not. */
static bool is_loaded(const cmd_parms *cmd, const struct directive_foreign *row)
{
	return ap_find_linked_module(apr_pstrcat(cmd->temp_pool, row->module, ".c", NULL)) != NULL;
}

const char *shim_set_foreign(cmd_parms *cmd, void *dir_config, const char *arguments)
{
	const struct directive_foreign *row = directive_foreign_find(cmd->cmd->name);

	/* of .htaccess nobody is told, it is read with each request */
	if (!row || cmd->pool == cmd->temp_pool || is_loaded(cmd, row))
		return NULL;
	shim_set_tell(cmd,
		directive_foreign_is_about_identity(row, arguments) ? APLOG_WARNING : APLOG_INFO,
		"%s of %s has no effect; in its place: %s", row->name, row->module, row->help);
	return NULL;
}
