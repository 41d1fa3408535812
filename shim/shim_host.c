/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_host.h"

#include <string.h>

#include <http_main.h>

#include "shim/shim_names.h"

const char *shim_host_of_request(request_rec *r)
{
	const struct shim_config *config = shim_config_of_server(r->server);

	if (!shim_config_get(config, SHIM_USE_REQ_HOSTNAME) || !r->hostname)
		return "";
	char *name = apr_palloc(r->pool, SHIM_NAME_SIZE);

	if (!shim_names_canonical(r->hostname, name))
		return "";
	if (r->server->server_hostname && strcasecmp(name, r->server->server_hostname) == 0)
		return "";
	return name;
}

size_t shim_host_number(const server_rec *server)
{
	size_t number = 0;

	/* not in the configuration: virtual hosts that say nothing of their own share one */
	for (const server_rec *s = ap_server_conf; s; s = s->next, number++)
		if (s == server)
			return number;
	return 0;
}

bool shim_host_admit(request_rec *r, const char *host)
{
	struct shim_names *names = shim_config_of_server(r->server)->global->names;

	if (!names)
		return false;
	int error = shim_names_admit(names, shim_host_number(r->server), host);

	if (error == SHIM_NAMES_E_FULL_FIRST)
		ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
			"lsapi: virtual host %s has had pools of %u host names "
			"(lsapi_use_req_hostname), no more are taken from requests: others share the "
			"pool of the virtual host; let it answer only for names that there are "
			"(ServerAlias without a *)",
			r->server->server_hostname ? r->server->server_hostname : "?",
			SHIM_NAMES_MAX);
	return error == 0;
}
