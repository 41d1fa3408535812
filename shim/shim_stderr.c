/* SPDX-License-Identifier: Apache-2.0 */

/* PHP's log output: pieces in, one line each into the error log of the virtual host. */

#include "shim/shim.h"

#include <string.h>

#include "shim/shim_line.h"

/* B57: warnings, notices and the like may be worth less to who keeps the log. */
static int level_of(const struct shim_stderr *l, const request_rec *r)
{
	if (shim_line_get_severity(l->line, l->used) != SHIM_SEVERITY_WARNING)
		return APLOG_ERR;
	return shim_config_get(shim_config_of_server(r->server), SHIM_LOGLEVEL_INFO)
		       ? APLOG_INFO
		       : APLOG_WARNING;
}

void shim_stderr_flush(struct shim_stderr *l, request_rec *r)
{
	if (l->used > 0)
		ap_log_rerror(APLOG_MARK, level_of(l, r), 0, r, "%.*s", (int)l->used, l->line);
	l->used = 0;
}

void shim_stderr_write(struct shim_stderr *l, request_rec *r, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || data[i] == '\0') {
			shim_stderr_flush(l, r);
			continue;
		}
		if (data[i] == '\r')
			continue;
		if (l->used == sizeof(l->line))
			shim_stderr_flush(l, r);
		l->line[l->used++] = (char)data[i];
	}
}
