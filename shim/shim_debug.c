/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_debug.h"

#include <string.h>

static const char *const secrets[] = {
	"Authorization",
	"Cookie",
	"Proxy-Authorization",
	"Set-Cookie",
};

void shim_debug_limit(request_rec *r)
{
	const struct shim_config *server = shim_config_of_server(r->server);
	const char *host = server->word[SHIM_WORD_HOSTNAME_ON_DEBUG];

	if (!host || !shim_config_get(server, SHIM_DEBUG) ||
		(r->hostname && strcasecmp(r->hostname, host) == 0))
		return;
	struct ap_logconf *log = ap_new_log_config(r->pool, r->log ? r->log : &r->server->log);

	ap_set_module_loglevel(r->pool, log, APLOG_MODULE_INDEX, APLOG_WARNING);
	r->log = log;
}

static bool is_secret(const char *name)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strcasecmp(name, secrets[i]) == 0)
			return true;
	return false;
}

/** What the loops over httpd's tables carry. */
struct header_walk {
	request_rec *r;
	const char *whose;
};

static int tell_header(void *walk_data, const char *name, const char *value)
{
	const struct header_walk *walk = walk_data;

	if (is_secret(name))
		ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, walk->r, "lsapi: %s %s: (%u bytes)",
			walk->whose, name, (unsigned)strlen(value));
	else
		ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, walk->r, "lsapi: %s %s: %s", walk->whose,
			name, value);
	return 1;
}

void shim_debug_request(request_rec *r)
{
	struct header_walk walk = { .r = r, .whose = "request header" };

	if (!APLOGrdebug(r))
		return;
	ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "lsapi: request(%s) host(%s) script(%s)",
		r->the_request, r->hostname ? r->hostname : "", r->filename);
	apr_table_do(tell_header, &walk, r->headers_in, NULL);
}

void shim_debug_response(request_rec *r)
{
	struct header_walk walk = { .r = r, .whose = "answer header" };

	if (!APLOGrdebug(r))
		return;
	ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "lsapi: answer status(%d) type(%s)", r->status,
		r->content_type ? r->content_type : "");
	apr_table_do(tell_header, &walk, r->headers_out, NULL);
	apr_table_do(tell_header, &walk, r->err_headers_out, NULL);
}

/* At the level that LogLevel lets through when nothing is said of it: it was asked for. */
void shim_debug_times(const struct shim_exchange *x, int status)
{
	const struct shim_times *t = &x->times;
	unsigned long us[SHIM_PART_COUNT + 1];

	if (!shim_config_get(shim_config_of_request(x->r), SHIM_MEASURE_TIME))
		return;
	for (unsigned i = 0; i <= SHIM_PART_COUNT; i++)
		us[i] = (unsigned long)shim_times_get_us(t, (enum shim_part)i);
	ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, x->r,
		"lsapi: microseconds: target(%lu) body(%lu) lease(%lu) send(%lu) first(%lu) rest(%lu) "
		"total(%lu); tries(%u) status(%d) request(%s) uri(%s)",
		us[SHIM_PART_TARGET], us[SHIM_PART_BODY], us[SHIM_PART_LEASE], us[SHIM_PART_SEND],
		us[SHIM_PART_FIRST], us[SHIM_PART_REST], us[SHIM_PART_COUNT], t->tries,
		status == OK ? x->r->status : status, x->r->the_request, x->r->uri);
}
