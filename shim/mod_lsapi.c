/* SPDX-License-Identifier: Apache-2.0 */

/* mod_lsapi: the module record and its hooks. */

#include "shim/shim.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <http_core.h>
#include <http_request.h>
#include <mod_status.h>

#include "build_config.h"
#include "shim/shim_access.h"
#include "shim/shim_conflict.h"
#include "shim/shim_key.h"
#include "shim/shim_link.h"
#include "shim/shim_names.h"
#include "shim/shim_status.h"

#define SHIM_DEFAULT_SOCKET LSAPID_RUNDIR "/control.sock"
#define SHIM_DEFAULT_KEY    LSAPID_STATEDIR "/shim.key"

struct shared_flags {
	_Atomic bool *flag;
	size_t size;
};

static apr_status_t unmap_flags(void *data)
{
	struct shared_flags *shared = data;

	(void)munmap((void *)shared->flag, shared->size);
	return APR_SUCCESS;
}

/* What is to be said once for each virtual host is said once by all children together. */
static void share_flags(apr_pool_t *pconf, server_rec *s)
{
	struct shared_flags *shared = apr_pcalloc(pconf, sizeof(*shared));

	for (const server_rec *each = s; each; each = each->next)
		shared->size += sizeof(*shared->flag);
	void *flags =
		mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (flags == MAP_FAILED)
		return;
	shared->flag = flags;
	apr_pool_cleanup_register(pconf, shared, unmap_flags, apr_pool_cleanup_null);
	shim_config_of_server(s)->global->has_warned = shared->flag;
}

static bool has_names(const server_rec *s)
{
	for (; s; s = s->next)
		if (shim_config_get(shim_config_of_server(s), SHIM_USE_REQ_HOSTNAME))
			return true;
	return false;
}

struct shared_names {
	struct shim_names *names;
	size_t size;
};

static apr_status_t unmap_names(void *data)
{
	struct shared_names *shared = data;

	(void)munmap(shared->names, shared->size);
	return APR_SUCCESS;
}

/* Names that clients may bring are counted by all children together, too. */
static void share_names(apr_pool_t *pconf, server_rec *s)
{
	struct shared_names *shared = apr_pcalloc(pconf, sizeof(*shared));
	size_t servers = 0;

	if (!has_names(s))
		return;
	for (const server_rec *each = s; each; each = each->next)
		servers++;
	shared->size = shim_names_size(servers);
	void *names =
		mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (names == MAP_FAILED)
		return;
	shared->names = names;
	/* without a seed names can be made up that count as one: no more pools come of that */
	if (getrandom(&shared->names->seed, sizeof(shared->names->seed), GRND_NONBLOCK) < 0)
		shared->names->seed = 0;
	apr_pool_cleanup_register(pconf, shared, unmap_names, apr_pool_cleanup_null);
	shim_config_of_server(s)->global->names = names;
}

/** What the parent has to do when its configuration ends. */
struct farewell {
	const struct shim_global *global; /* borrowed: pconf */
	pid_t parent;                     /* others that were forked have this memory, too */
};

/*
 * The configuration ends: httpd stops or restarts. Its children have ended before, or, at a
 * graceful restart, finish what they do; lsapid lets busy PHP finish, too.
 */
static apr_status_t say_end(void *data)
{
	const struct farewell *f = data;
	uint8_t key[CONTROL_KEY_SIZE];

	if (getpid() != f->parent)
		return APR_SUCCESS;
	memcpy(key, f->global->key, sizeof(key));
	/* lsapid may have been started after us */
	if (!f->global->has_key && shim_key_read(f->global->key_path, key) < 0)
		return APR_SUCCESS;
	/* no daemon, no pools; and if it is stuck, idle pools go by themselves */
	(void)shim_link_say_end(f->global, key);
	return APR_SUCCESS;
}

/* Each configuration of each httpd is an instance of its own, for its pools to end with it. */
static void begin_instance(apr_pool_t *pconf, struct shim_global *global, bool has_to_terminate)
{
	struct farewell *f = apr_palloc(pconf, sizeof(*f));

	if (getrandom(&global->instance, sizeof(global->instance), GRND_NONBLOCK) !=
		(ssize_t)sizeof(global->instance))
		global->instance = 0;
	if (!global->instance || !has_to_terminate)
		return;
	*f = (struct farewell){ .global = global, .parent = getpid() };
	apr_pool_cleanup_register(pconf, f, say_end, apr_pool_cleanup_null);
}

static const char *path_of(
	const struct shim_config *config, enum shim_word word, const char *fallback)
{
	return config->word[word] ? config->word[word] : fallback;
}

static void check_max_connection(const server_rec *s, const struct shim_config *config)
{
	int kept = config->value[SHIM_MAX_CONNECTION];
	int children = config->value[SHIM_CHILDREN];

	if (kept == SHIM_UNSET || children == SHIM_UNSET || kept <= children)
		return;
	ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
		"lsapi: lsapi_max_connection %d of %s is above lsapi_backend_children: %d is used",
		kept, s->server_hostname ? s->server_hostname : "the server", children);
}

static bool is_shared_and_frozen(const struct shim_config *config)
{
	return shim_config_get(config, SHIM_CRIU) && shim_config_get(config, SHIM_PER_USER);
}

/* B66, B73; what virtual hosts have of the main server is said of that. */
static void check_criu(const server_rec *s, const struct shim_config *main_config,
	const struct shim_config *config)
{
	if (!s->is_virtual && shim_config_get(config, SHIM_RESET_CRIU) &&
		!shim_config_get(config, SHIM_TERMINATE_ON_EXIT))
		ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
			"lsapi: lsapi_reset_criu_on_apache_restart has no effect as long as "
			"lsapi_terminate_backends_on_exit is Off");
	if (is_shared_and_frozen(config) && (!s->is_virtual || !is_shared_and_frozen(main_config)))
		ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
			"lsapi: lsapi_criu and lsapi_per_user are both On for %s: the sites of an "
			"account are frozen in one image, and no flag of its user resets that; "
			"prefer lsapi_per_user Off",
			s->is_virtual && s->server_hostname ? s->server_hostname : "the server");
}

/* Also at "httpd -t". A start reads the configuration twice, and says it the second time. */
static int hook_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
	if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG &&
		ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST)
		return OK;
	for (const server_rec *each = s; each; each = each->next) {
		check_max_connection(each, shim_config_of_server(each));
		check_criu(each, shim_config_of_server(s), shim_config_of_server(each));
	}
	return OK;
}

static int hook_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
	const struct shim_config *config = shim_config_of_server(s);
	struct shim_global *global = apr_pcalloc(pconf, sizeof(*global));

	global->socket_path = path_of(config, SHIM_WORD_DAEMON_SOCKET, SHIM_DEFAULT_SOCKET);
	global->key_path = path_of(config, SHIM_WORD_DAEMON_KEY, SHIM_DEFAULT_KEY);
	global->has_notes = shim_access_uses_notes();
	global->answer_ms = SHIM_SESSION_ANSWER_MS;
	/* httpd runs this twice at its start; the first time decides nothing yet */
	if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG) {
		int r = shim_key_read(global->key_path, global->key);

		global->has_key = r == 0;
		if (r < 0)
			ap_log_error(APLOG_MARK, APLOG_WARNING, -r, s,
				"lsapi: key %s of lsapid can not be read; PHP will answer 503 "
				"until lsapid has been started and httpd is restarted after it",
				global->key_path);
		begin_instance(pconf, global, shim_config_get(config, SHIM_TERMINATE_ON_EXIT) != 0);
	}
	for (server_rec *each = s; each; each = each->next)
		shim_config_of_server(each)->global = global;
	share_flags(pconf, s);
	share_names(pconf, s);
	return OK;
}

static void hook_child_init(apr_pool_t *pchild, server_rec *s)
{
	struct shim_global *global = shim_config_of_server(s)->global;

	global->process = shim_process_new(global);
	if (!global->process)
		ap_log_error(APLOG_MARK, APLOG_CRIT, APR_ENOMEM, s,
			"lsapi: no memory for this child; PHP will answer 503");
}

static void register_hooks(apr_pool_t *p)
{
	ap_hook_check_config(shim_conflict_check, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_check_config(hook_check_config, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_open_logs(shim_access_open, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
	ap_hook_fixups(shim_handler_choose, NULL, NULL, APR_HOOK_LAST);
	ap_hook_fixups(shim_status_fixup, NULL, NULL, APR_HOOK_LAST);
	ap_hook_handler(shim_handler, NULL, NULL, APR_HOOK_MIDDLE);
	/* before mod_log_config, which shows our notes */
	ap_hook_log_transaction(shim_access_transaction, NULL, NULL, APR_HOOK_FIRST);
	ap_hook_handler(shim_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
	APR_OPTIONAL_HOOK(ap, status_hook, shim_status_hook, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA lsapi_module = {
	STANDARD20_MODULE_STUFF,
	shim_config_create_dir,
	shim_config_merge,
	shim_config_create_server,
	shim_config_merge,
	shim_directives,
	register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
	AP_MODULE_FLAG_NONE,
#endif
};
