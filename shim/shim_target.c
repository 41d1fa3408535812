/* SPDX-License-Identifier: Apache-2.0 */

/* Which pool answers a request: whose PHP, of which kind, of which virtual host. */

#include "shim/shim.h"

#include <errno.h>
#include <sys/stat.h>

#include <http_core.h>
#include <http_main.h>

#include "shim/shim_failure.h"
#include "shim/shim_host.h"
#include "shim/shim_phprc.h"
#include "shim/shim_script.h"
#include "shim/shim_spec.h"

static void list_env(apr_pool_t *p, const struct shim_config *config, struct shim_spec_facts *facts)
{
	if (!config->env)
		return;
	const apr_array_header_t *set = apr_table_elts(config->env);
	struct shim_spec_env *env = apr_palloc(p, sizeof(*env) * ((size_t)set->nelts + 1));

	for (int i = 0; i < set->nelts; i++) {
		const apr_table_entry_t *entry = &APR_ARRAY_IDX(set, i, apr_table_entry_t);

		env[i] = (struct shim_spec_env){ .name = entry->key, .value = entry->val };
	}
	facts->env = env;
	facts->env_count = (size_t)set->nelts;
}

/* The supervisor's rule, for pools that have no document root of their own (B08, B34). */
static bool may_serve(request_rec *r, const struct shim_pool_key *key)
{
	struct stat st;

	if (stat(key->docroot, &st) < 0) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, errno, r,
			"lsapi: the owner of document root %s can not be seen: docroot-owner "
			"(lsapi_check_document_root); uri(%s)",
			key->docroot, r->uri);
		return false;
	}
	if (st.st_uid == key->uid || st.st_uid == 0)
		return true;
	ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
		"lsapi: document root %s belongs to uid %u, PHP would run as uid %u: "
		"docroot-owner: refused (lsapi_check_document_root); uri(%s)",
		key->docroot, st.st_uid, key->uid, r->uri);
	return false;
}

static bool is_first_warning(const server_rec *server)
{
	_Atomic bool *flag = shim_config_of_server(server)->global->has_warned;

	return flag && !atomic_exchange(&flag[shim_host_number(server)], true);
}

/* B28: once for a virtual host in the life of a configuration, whichever process sees it first. */
static void warn_of_default_user(
	request_rec *r, const struct shim_process *p, const struct shim_pool_key *key)
{
	const struct shim_config *config = shim_config_of_server(r->server);

	if (key->uid != p->uid || !shim_config_get(config, SHIM_USE_SUEXEC) ||
		!is_first_warning(r->server))
		return;
	ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
		"lsapi: PHP of virtual host %s runs as the user of httpd (uid %u): set "
		"SuExecUserGroup, lsapi_uid_gid or lsapi_user_group",
		r->server->server_hostname ? r->server->server_hostname : "?", key->uid);
}

/* The first request of this process for this pool. */
static struct shim_pool *introduce(request_rec *r, struct shim_process *p,
	const struct shim_pool_key *key, const char **why, enum shim_class *reterr_class)
{
	const struct shim_config *config = shim_config_of_server(r->server);
	bool is_checked = shim_config_get(config, SHIM_CHECK_DOCUMENT_ROOT) != 0;
	struct shim_spec_facts facts = {
		.handler = key->handler,
		.uid = key->uid,
		.gid = key->gid,
		.is_per_user = shim_config_get(config, SHIM_PER_USER) != 0,
		.host = key->host[0] ? key->host : r->server->server_hostname,
		.server = r->server->server_hostname,
		.docroot = is_checked ? key->docroot : NULL,
		.phprc = shim_phprc_of_pool(r, key),
		.value = config->value,
		.word = config->word,
	};
	char *parts = apr_palloc(r->pool, POOL_SPEC_MAX_BYTES);
	char *spec = apr_palloc(r->pool, POOL_SPEC_MAX_BYTES);
	size_t size = 0;

	if (facts.is_per_user && is_checked && !may_serve(r, key)) {
		shim_record_refuse(r, REASON_DOCROOT_OWNER);
		*why = "its document root is refused";
		*reterr_class = SHIM_CLASS_SERVER_DOCROOT;
		return NULL;
	}
	warn_of_default_user(r, p, key);
	list_env(r->pool, config, &facts);
	int error = shim_spec_build(&facts, parts, spec, &size);

	if (error == 0)
		return shim_pool_add(p, key, spec, size, why);
	*why = pool_spec_error_text(error);
	return NULL;
}

int shim_target_find(request_rec *r, struct shim_process *p, struct shim_pool **ret_pool)
{
	const char *docroot = ap_document_root(r);
	const char *why = "";
	enum shim_class class = SHIM_CLASS_LSAPI_CREATE;
	struct shim_pool_key key = {
		.server = r->server,
		.handler = r->handler,
		.docroot = docroot ? docroot : "",
		.phprc = "",
		.host = "",
	};

	int status = shim_identity_find(p, r, &key.uid, &key.gid);

	if (status == OK)
		status = shim_script_check(r, key.uid);
	if (status != OK)
		return status;
	key.phprc = shim_phprc_of_request(r, p, &key);
	key.host = shim_host_of_request(r);
	struct shim_pool *pool = shim_pool_find(p, &key);

	if (!pool && key.host[0] && !shim_host_admit(r, key.host)) {
		key.host = "";
		pool = shim_pool_find(p, &key);
	}
	if (!pool)
		pool = introduce(r, p, &key, &why, &class);
	if (!pool) {
		ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
			"lsapi: no specification for the pool of handler %s: %s", r->handler, why);
		return shim_failure_status(r, class, HTTP_SERVICE_UNAVAILABLE);
	}
	*ret_pool = pool;
	return OK;
}
