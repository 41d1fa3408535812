/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_set.h"

#include <stdarg.h>

#include <apr_strings.h>

#include "proto/directive_value.h"
#include "proto/directive_words.h"

bool shim_set_is_htaccess(const cmd_parms *cmd)
{
	return !(cmd->override & (RSRC_CONF | ACCESS_CONF));
}

void shim_set_tell(const cmd_parms *cmd, int level, const char *format, ...)
{
	const ap_directive_t *line = cmd->directive;
	va_list args;

	va_start(args, format);
	const char *text = apr_pvsprintf(cmd->temp_pool, format, args);
	va_end(args);
	const char *where =
		line ? apr_psprintf(cmd->temp_pool, "%s:%d: ", line->filename, line->line_num) : "";

	/* at the start the logs of virtual hosts are not open yet; later they are the right ones */
	if (shim_set_is_htaccess(cmd))
		ap_log_error(APLOG_MARK, level, 0, cmd->server, "lsapi: %s%s", where, text);
	else
		ap_log_perror(APLOG_MARK, level, 0, cmd->pool, "lsapi: %s%s", where, text);
}

bool shim_set_is_good(
	const cmd_parms *cmd, enum directive_id id, const char *const *word, size_t count)
{
	char why[DIRECTIVE_VALUE_MAX_TEXT];

	if (!directive_words_complain(&directive_table[id], word, count, why, sizeof(why)))
		return true;
	shim_set_tell(cmd, APLOG_WARNING, "%s %s%s%s: %s", directive_table[id].name, word[0],
		count > 1 ? " " : "", count > 1 ? word[1] : "", why);
	return false;
}
