/* SPDX-License-Identifier: Apache-2.0 */

/* The directives: one row each, one setter per kind. */

#include "shim/shim.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_user.h>

/* Anywhere, and in .htaccess where AllowOverride permits options, as mod_php has it. */
#define ANYWHERE (OR_OPTIONS)
/* Servers, virtual hosts and directory sections, never .htaccess. */
#define SECTIONS (RSRC_CONF | ACCESS_CONF)

/** What a switch or a number may be. Without bounds (max 0) it is a switch. */
struct setting_row {
	const char *name;
	bool is_of_server; /* else: of the directory */
	int min, max;
	int fallback; /* the documented default */
};

static const struct setting_row settings[SHIM_SETTING_COUNT] = {
	[SHIM_ENGINE] = { "lsapi_engine", false, 0, 0, 0 },
	[SHIM_USE_SUEXEC] = { "lsapi_use_suexec", true, 0, 0, 1 },
	[SHIM_USE_DEFAULT_UID] = { "lsapi_use_default_uid", true, 0, 0, 1 },
	[SHIM_PER_USER] = { "lsapi_per_user", true, 0, 0, 0 },
	[SHIM_CHECK_DOCUMENT_ROOT] = { "lsapi_check_document_root", true, 0, 0, 1 },
	[SHIM_DISABLE_FORCED_PWD] = { "lsapi_disable_forced_pwd_var", true, 0, 0, 0 },
	[SHIM_OUTPUT_BUFFERING] = { "lsapi_output_buffering", false, 0, 0, 1 },
	[SHIM_DISABLE_REJECT_MODE] = { "lsapi_disable_reject_mode", true, 0, 0, 0 },
	[SHIM_TERMINATE_ON_EXIT] = { "lsapi_terminate_backends_on_exit", true, 0, 0, 1 },
	[SHIM_DEBUG] = { "lsapi_debug", true, 0, 0, 0 },
	[SHIM_ACCEPT_NOTIFY] = { "lsapi_backend_accept_notify", true, 0, 0, 1 },
	[SHIM_POLL_TIMEOUT_S] = { "lsapi_poll_timeout", false, 0, 86400, 300 },
	[SHIM_CHILDREN] = { "lsapi_backend_children", true, 2, 10000, 120 },
	[SHIM_MAX_IDLE_S] = { "lsapi_backend_max_idle", true, 0, INT_MAX, 300 },
	[SHIM_PGRP_MAX_IDLE_S] = { "lsapi_backend_pgrp_max_idle", true, 0, INT_MAX, 30 },
	[SHIM_MAX_REQS] = { "lsapi_backend_max_reqs", true, 1, INT_MAX, 10000 },
	[SHIM_MAX_PROCESS_TIME_S] = { "lsapi_backend_max_process_time", true, 1, INT_MAX, 300 },
	[SHIM_CONNECT_TRIES] = { "lsapi_backend_connect_tries", true, 1, 10000, 20 },
	[SHIM_CONNECT_TIMEOUT_US] = { "lsapi_backend_connect_timeout", true, 1000, 60000000,
		500000 },
	[SHIM_MAX_RESEND_KIB] = { "lsapi_max_resend_buffer", true, 0, 65536, 200 },
};

_Static_assert(SHIM_SETTING_COUNT == 20, "each setting has a row above and a directive below");

int shim_directive_default(enum shim_setting setting)
{
	return settings[setting].fallback;
}

static int find_setting(const char *name)
{
	for (int i = 0; i < SHIM_SETTING_COUNT; i++)
		if (strcasecmp(settings[i].name, name) == 0)
			return i;
	ap_assert(0);
	return 0;
}

static struct shim_config *config_of(const cmd_parms *cmd, void *dir_config, int setting)
{
	return settings[setting].is_of_server ? shim_config_of_server(cmd->server) : dir_config;
}

static const char *set_switch(cmd_parms *cmd, void *dir_config, int is_on)
{
	int setting = find_setting(cmd->cmd->name);

	config_of(cmd, dir_config, setting)->value[setting] = is_on ? 1 : 0;
	return NULL;
}

/* The switch that acts on httpd's own logging: this virtual host, this module. */
static const char *set_debug(cmd_parms *cmd, void *dir_config, int is_on)
{
	ap_set_module_loglevel(cmd->pool, &cmd->server->log, APLOG_MODULE_INDEX,
		is_on ? APLOG_DEBUG : APLOG_WARNING);
	return set_switch(cmd, dir_config, is_on);
}

/* It is about this Apache as a whole: elsewhere it would stand for nothing. */
static const char *set_terminate(cmd_parms *cmd, void *dir_config, int is_on)
{
	if (!cmd->server->is_virtual)
		return set_switch(cmd, dir_config, is_on);
	ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
		"lsapi: %s is ignored in a virtual host, write it outside of them", cmd->cmd->name);
	return NULL;
}

/* B21: a number that is none, or out of bounds, is not fatal; say what is used instead. */
static const char *set_number(cmd_parms *cmd, void *dir_config, const char *arg)
{
	int setting = find_setting(cmd->cmd->name);
	const struct setting_row *row = &settings[setting];
	char *end = NULL;
	int value = row->fallback;

	errno = 0;
	long number = strtol(arg, &end, 10);

	if (end != arg && *end == '\0') {
		value = number < row->min ? row->min : number > row->max ? row->max : (int)number;
	}
	if (end == arg || *end != '\0' || number != value)
		ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
			"lsapi: %s %s: not a number from %d to %d, %d is used", row->name, arg,
			row->min, row->max, value);
	config_of(cmd, dir_config, setting)->value[setting] = value;
	return NULL;
}

static const char *set_uid_gid(
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

static const char *set_user_group(
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

static bool is_env_name(const char *name)
{
	if (!apr_isalpha(*name) && *name != '_')
		return false;
	for (; *name; name++)
		if (!apr_isalnum(*name) && *name != '_')
			return false;
	return true;
}

/* B49: these are not the administrator's to set here. */
static bool is_env_ours(const char *name)
{
	return strcmp(name, "PATH") == 0 || strncmp(name, "HTTP_", 5) == 0 ||
	       strncmp(name, "LSAPI_", 6) == 0;
}

static const char *set_env(cmd_parms *cmd, void *dir_config, const char *name, const char *value)
{
	struct shim_config *config = shim_config_of_server(cmd->server);

	if (!is_env_name(name))
		return apr_psprintf(cmd->pool, "lsapi_set_env: %s is no name of a variable", name);
	if (is_env_ours(name)) {
		ap_log_perror(APLOG_MARK, APLOG_WARNING, 0, cmd->pool,
			"lsapi: lsapi_set_env %s: PATH, HTTP_* and LSAPI_* are ignored%s", name,
			strcmp(name, "PATH") == 0 ? ", use lsapi_set_env_path" : "");
		return NULL;
	}
	if (!config->env)
		config->env = apr_table_make(cmd->pool, 4);
	apr_table_set(config->env, name, value ? value : "");
	return NULL;
}

static const char *set_path(cmd_parms *cmd, void *dir_config, const char *value)
{
	shim_config_of_server(cmd->server)->path = value;
	return NULL;
}

static const char *set_tmpdir(cmd_parms *cmd, void *dir_config, const char *value)
{
	struct shim_config *config = shim_config_of_server(cmd->server);

	if (value[0] != '/')
		return "lsapi_tmpdir takes an absolute path";
	config->tmpdir = value;
	return NULL;
}

static const char *check_global_path(cmd_parms *cmd, const char *value)
{
	const char *wrong = ap_check_cmd_context(cmd, GLOBAL_ONLY);

	if (wrong)
		return wrong;
	return value[0] == '/'
		       ? NULL
		       : apr_psprintf(cmd->pool, "%s takes an absolute path", cmd->cmd->name);
}

static const char *set_daemon_socket(cmd_parms *cmd, void *dir_config, const char *value)
{
	const char *wrong = check_global_path(cmd, value);

	if (!wrong)
		shim_config_of_server(cmd->server)->daemon_socket = value;
	return wrong;
}

static const char *set_daemon_key(cmd_parms *cmd, void *dir_config, const char *value)
{
	const char *wrong = check_global_path(cmd, value);

	if (!wrong)
		shim_config_of_server(cmd->server)->daemon_key = value;
	return wrong;
}

static const char *add_value(cmd_parms *cmd, void *dir_config, const char *name, const char *value,
	enum lsapi_ini_class ini_class)
{
	/* mod_php: "none" stands for nothing, as quotes were once hard to write here */
	struct shim_ini ini = {
		.name = name,
		.value = strcasecmp(value, "none") == 0 ? "" : value,
		.ini_class = ini_class,
	};

	shim_config_add_ini(cmd->pool, dir_config, &ini);
	return NULL;
}

static const char *php_value(cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, value, LSAPI_INI_USER);
}

static const char *php_admin_value(
	cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, value, LSAPI_INI_ADMIN);
}

static const char *flag_value(const char *value)
{
	return strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0 ? "1" : "0";
}

static const char *php_flag(cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, flag_value(value), LSAPI_INI_USER);
}

static const char *php_admin_flag(cmd_parms *cmd, void *config, const char *name, const char *value)
{
	return add_value(cmd, config, name, flag_value(value), LSAPI_INI_ADMIN);
}

const command_rec shim_directives[] = {
	/* clang-format off */
	AP_INIT_FLAG("lsapi_engine", set_switch, NULL, ANYWHERE,
		"On|Off (Off): hand requests with an lsphp handler to lsapid's PHP"),
	AP_INIT_TAKE2("lsapi_uid_gid", set_uid_gid, NULL, SECTIONS,
		"uid gid: run PHP as these"),
	AP_INIT_TAKE2("lsapi_user_group", set_user_group, NULL, SECTIONS,
		"user group: run PHP as these"),
	AP_INIT_FLAG("lsapi_use_suexec", set_switch, NULL, RSRC_CONF,
		"On|Off (On): Off runs PHP as the user of httpd"),
	AP_INIT_FLAG("lsapi_use_default_uid", set_switch, NULL, RSRC_CONF,
		"On|Off (On): run PHP as the user of httpd if no other is known, instead of 503"),
	AP_INIT_FLAG("lsapi_per_user", set_switch, NULL, RSRC_CONF,
		"On|Off (Off): one pool per account instead of one per virtual host"),
	AP_INIT_FLAG("lsapi_check_document_root", set_switch, NULL, RSRC_CONF,
		"On|Off (On): refuse document roots that belong to somebody else"),
	AP_INIT_FLAG("lsapi_disable_forced_pwd_var", set_switch, NULL, RSRC_CONF,
		"On|Off (Off): On gives scripts no PWD"),
	AP_INIT_TAKE1("lsapi_poll_timeout", set_number, NULL, ANYWHERE,
		"seconds (300) to wait for PHP's answer; 0: for ever"),
	AP_INIT_FLAG("lsapi_output_buffering", set_switch, NULL, ANYWHERE,
		"On|Off (On): Off passes on at once what PHP has flushed"),
	AP_INIT_FLAG("lsapi_disable_reject_mode", set_switch, NULL, RSRC_CONF,
		"On|Off (Off): On waits for a free PHP process, instead of 507"),
	AP_INIT_FLAG("lsapi_terminate_backends_on_exit", set_terminate, NULL, RSRC_CONF,
		"On|Off (On): Off lets pools stay when httpd stops or restarts"),
	AP_INIT_TAKE1("lsapi_tmpdir", set_tmpdir, NULL, RSRC_CONF,
		"directory (/tmp) for request bodies that come without a length"),
	AP_INIT_TAKE1("lsapi_max_resend_buffer", set_number, NULL, RSRC_CONF,
		"KiB (200) of a request body kept for a second try"),
	AP_INIT_FLAG("lsapi_debug", set_debug, NULL, RSRC_CONF,
		"On|Off (Off): log what the module does"),
	AP_INIT_TAKE12("lsapi_set_env", set_env, NULL, RSRC_CONF,
		"name [value]: add a variable to the environment of PHP"),
	AP_INIT_TAKE1("lsapi_set_env_path", set_path, NULL, RSRC_CONF,
		"path[:path...]: PATH of PHP"),
	AP_INIT_TAKE1("lsapi_backend_children", set_number, NULL, RSRC_CONF,
		"number 2..10000: most PHP processes of a pool"),
	AP_INIT_TAKE1("lsapi_backend_connect_tries", set_number, NULL, RSRC_CONF,
		"number (20) of tries to reach lsapid"),
	AP_INIT_TAKE1("lsapi_backend_connect_timeout", set_number, NULL, RSRC_CONF,
		"microseconds (500000): longest pause between two tries"),
	AP_INIT_TAKE1("lsapi_backend_max_process_time", set_number, NULL, RSRC_CONF,
		"seconds (300) one request may run"),
	AP_INIT_TAKE1("lsapi_backend_pgrp_max_idle", set_number, NULL, RSRC_CONF,
		"seconds (30) a pool stays without work; 0: for ever"),
	AP_INIT_TAKE1("lsapi_backend_max_idle", set_number, NULL, RSRC_CONF,
		"seconds (300) a PHP process waits for work; 0: for ever"),
	AP_INIT_TAKE1("lsapi_backend_max_reqs", set_number, NULL, RSRC_CONF,
		"number (10000) of requests a PHP process serves"),
	AP_INIT_FLAG("lsapi_backend_accept_notify", set_switch, NULL, RSRC_CONF,
		"On|Off (On): PHP acknowledges a connection, not each request"),
	AP_INIT_TAKE2("php_value", php_value, NULL, OR_OPTIONS,
		"name value: php.ini setting that the script may change"),
	AP_INIT_TAKE2("php_flag", php_flag, NULL, OR_OPTIONS,
		"name on|off: php.ini switch that the script may change"),
	AP_INIT_TAKE2("php_admin_value", php_admin_value, NULL, SECTIONS,
		"name value: php.ini setting that the script may not change"),
	AP_INIT_TAKE2("php_admin_flag", php_admin_flag, NULL, SECTIONS,
		"name on|off: php.ini switch that the script may not change"),
	AP_INIT_TAKE1("lsapi_daemon_socket", set_daemon_socket, NULL, RSRC_CONF,
		"path of lsapid's control socket"),
	AP_INIT_TAKE1("lsapi_daemon_key", set_daemon_key, NULL, RSRC_CONF,
		"path of the key that lsapid shares with httpd"),
	{ .name = NULL },
	/* clang-format on */
};
