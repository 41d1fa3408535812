/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/sapi_internal.h"

#include <string.h>
#include <strings.h>

#include "lsphp/ini_file.h"
#include "lsphp/user_ini.h"

#define FIND(request, name) sapi_vars_find((request), (name), sizeof(name) - 1)

bool ini_has_engine(const struct lsapi_request *request)
{
	struct lsapi_iter at = { 0 };
	struct lsapi_env special;
	bool is_on = true;
	while (lsapi_request_next_special(request, &at, &special)) {
		enum lsapi_ini_class class;
		const char *name;
		const char *value;
		if (lsapi_ini_decode(&special, &class, &name, &value) &&
			strcasecmp(name, "engine") == 0)
			is_on = value[0] != '0';
	}
	return is_on;
}

static void apply_override(enum lsapi_ini_class class, const char *name, const char *value)
{
	zend_string *key = zend_string_init(name, strlen(name), 0);
	/* As mod_php: in the stage of .htaccess a setting may be checked more strictly. */
	int level = class == LSAPI_INI_ADMIN ? PHP_INI_SYSTEM : PHP_INI_PERDIR;
	int stage = class == LSAPI_INI_USER ? PHP_INI_STAGE_HTACCESS : PHP_INI_STAGE_ACTIVATE;
	/* Unknown names are ignored, like the ones that may not be set at this level. */
	(void)zend_alter_ini_entry_chars(key, value, strlen(value), level, stage);
	zend_string_release(key);
}

static bool is_file(enum lsapi_ini_class class)
{
	return class == LSAPI_INI_FILE || class == LSAPI_INI_SERVER_FILE;
}

/* Two passes: files first, as settings by name are stronger than php.ini. */
static void apply_entries(const struct lsapi_request *request, bool are_files)
{
	struct lsapi_iter at = { 0 };
	struct lsapi_env special;
	while (lsapi_request_next_special(request, &at, &special)) {
		enum lsapi_ini_class class;
		const char *name;
		const char *value;
		if (!lsapi_ini_decode(&special, &class, &name, &value) ||
			is_file(class) != are_files)
			continue;
		if (are_files)
			ini_file_apply(value, class == LSAPI_INI_SERVER_FILE);
		else
			apply_override(class, name, value);
	}
}

/** [HOST=...] and [PATH=...] sections of php.ini */
static void apply_sections(const struct lsapi_request *request, char *dir, size_t dir_size)
{
	if (php_ini_has_per_host_config()) {
		const char *host = FIND(request, "SERVER_NAME");
		if (host && host[0])
			php_ini_activate_per_host_config(host, strlen(host));
	}
	if (php_ini_has_per_dir_config() && dir_size > 0)
		php_ini_activate_per_dir_config(dir, dir_size);
}

void ini_apply(struct server *s)
{
	const struct lsapi_request *request = &s->request;
	bool has_user_ini = s->settings->has_user_ini;
	bool needs_dir = has_user_ini || php_ini_has_per_dir_config();
	char *dir = NULL;
	size_t dir_size = 0;
	if (needs_dir) {
		dir_size = strlen(request->script_file);
		dir = estrndup(request->script_file, dir_size);
		dir_size = zend_dirname(dir, dir_size);
	}
	apply_sections(request, dir, dir_size);
	apply_entries(request, true);
	apply_entries(request, false);
	/* Last: nearest to the script; but it cannot change what an admin override has fixed. */
	if (has_user_ini && dir_size > 0)
		user_ini_apply(dir, FIND(request, "DOCUMENT_ROOT"), s->settings->user_ini_home);
	if (dir)
		efree(dir);
}
