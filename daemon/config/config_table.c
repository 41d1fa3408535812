/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/base/str.h"

#define TOP(key, member)                                                                           \
	.section = CONFIG_SECTION_TOP, .name = (key), .offset = offsetof(struct config, member)
#define HANDLER(key, member)                                                                       \
	.section = CONFIG_SECTION_HANDLER, .name = (key),                                          \
	.offset = offsetof(struct config_handler, member)
#define DEFAULTS(key, member)                                                                      \
	.section = CONFIG_SECTION_DEFAULTS, .name = (key),                                         \
	.offset = offsetof(struct config_pool_defaults, member)

#define ID_MAX     4294967294U /* (uid_t)-1 means "no change" to setresuid(2) */
#define A_DAY_S    86400U
#define A_WEEK_S   (7U * A_DAY_S)
#define PATH_BYTES 1000U
#define NAME_BYTES 255U

/* Sections stand together; within one, in the order in which a person would want to read. */
static const struct config_key table[] = {
	{ TOP("control_socket", control_socket), .type = CONFIG_TYPE_PATH, .is_fixed = true,
		.max = PATH_BYTES, .value = LSAPID_RUNDIR "/control.sock",
		.help = "Socket that mod_lsapi and lsapidctl connect to. Owner root, group "
			"apache_group, mode 0660." },
	{ TOP("runtime_dir", runtime_dir), .type = CONFIG_TYPE_PATH, .is_fixed = true,
		.max = PATH_BYTES, .value = LSAPID_RUNDIR,
		.help = "Directory of the lock and of pools/, where the sockets of PHP are. One "
			"daemon per directory." },
	{ TOP("key_file", key_file), .type = CONFIG_TYPE_PATH, .is_fixed = true, .max = PATH_BYTES,
		.value = LSAPID_STATEDIR "/shim.key",
		.help = "Secret by which Apache proves that root started it. Made when missing, "
			"mode 0600." },
	{ TOP("manager_user", manager_user), .type = CONFIG_TYPE_NAME, .is_fixed = true,
		.max = NAME_BYTES, .value = LSAPID_MANAGER_USER,
		.help = "Account of lsapid-manager, which needs no rights at all. Ignored unless "
			"root starts lsapid." },
	{ TOP("apache_user", apache_user), .type = CONFIG_TYPE_NAME, .max = NAME_BYTES,
		.value = "www-data",
		.help = "Account of Apache: may use the control socket, and runs the scripts of "
			"sites that name no user." },
	{ TOP("apache_group", apache_group), .type = CONFIG_TYPE_NAME, .is_fixed = true,
		.max = NAME_BYTES, .value = "www-data",
		.help = "Group of the control socket, and of the scripts of sites that name no "
			"user." },
	{ TOP("log_level", log_level), .type = CONFIG_TYPE_LEVEL, .value = "info",
		.help = "Least important events that are logged: error, warn, notice, info or "
			"debug." },
	{ TOP("uid_min", uid_min), .type = CONFIG_TYPE_UINT, .min = 1, .max = ID_MAX,
		.value = "100",
		.help = "Lowest user id that scripts may run as. Root never; apache_user always." },
	{ TOP("gid_min", gid_min), .type = CONFIG_TYPE_UINT, .min = 1, .max = ID_MAX,
		.value = "100",
		.help = "Lowest group id that scripts may run as. Root's never; apache_group with "
			"apache_user always." },
	{ TOP("max_pools", max_pools), .type = CONFIG_TYPE_UINT, .min = 1, .max = 1000000,
		.value = "10000", .help = "Most pools that may exist at once on this host." },
	{ TOP("max_children_total", max_children_total), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 1000000, .value = "5000", .help = "Most PHP children, all pools together." },
	{ TOP("max_concurrent_starts", max_concurrent_starts), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 256, .value = "16",
		.help = "Most pools that start PHP at the same moment; the others wait for their "
			"turn." },
	{ TOP("stop_grace", stop_grace_ms), .type = CONFIG_TYPE_MILLISECONDS,
		.max = 1000ULL * A_DAY_S, .value = "30s",
		.help = "How long a stop waits for requests that are under way." },
	{ TOP("document_root_check", has_document_root_check), .type = CONFIG_TYPE_BOOL,
		.value = "on",
		.help = "Run no PHP for a document root that belongs to neither the site's user "
			"nor root." },

	{ HANDLER("binary", binary), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = LSAPID_LIBEXECDIR "/lsphp",
		.help = "lsphp of this handler. It and every directory above it must be root's, "
			"writable by nobody else, and no link." },
	{ HANDLER("env", env), .type = CONFIG_TYPE_ENV_LIST, .max = 4096, .value = "",
		.help = "Environment variables for every lsphp of this handler, each "
			"\"NAME=value\"." },

	{ DEFAULTS("children", children), .type = CONFIG_TYPE_UINT, .min = 2, .max = 10000,
		.value = "120",
		.help = "Most PHP children of a pool, that is requests served at once." },
	{ DEFAULTS("max_idle", max_idle_s), .type = CONFIG_TYPE_SECONDS, .max = A_WEEK_S,
		.value = "300s",
		.help = "How long a PHP child waits for work before it exits. 0: for ever." },
	{ DEFAULTS("pgrp_max_idle", pgrp_max_idle_s), .type = CONFIG_TYPE_SECONDS, .max = A_WEEK_S,
		.value = "30s",
		.help = "How long a pool stays when it has no work at all. 0: for ever." },
	{ DEFAULTS("max_reqs", max_reqs), .type = CONFIG_TYPE_UINT, .min = 1, .max = 2000000000,
		.value = "10000",
		.help = "Requests that a PHP child serves before it is replaced." },
	{ DEFAULTS("max_process_time", max_process_time_s), .type = CONFIG_TYPE_SECONDS, .min = 1,
		.max = A_WEEK_S, .value = "300s",
		.help = "How long one request may run before it is killed." },
	{ DEFAULTS("path", path), .type = CONFIG_TYPE_TEXT, .max = PATH_BYTES,
		.value = "/usr/local/bin:/usr/bin:/bin", .help = "PATH of lsphp." },
};

static const struct {
	const char *text;
	bool value;
} bool_words[] = {
	{ "on", true },
	{ "yes", true },
	{ "true", true },
	{ "off", false },
	{ "no", false },
	{ "false", false },
};

/* What a value of each type is, for messages. */
static const char *const wanted[] = {
	[CONFIG_TYPE_PATH] = "an absolute path without links, '.' and '..'",
	[CONFIG_TYPE_NAME] = "the name of an account",
	[CONFIG_TYPE_TEXT] = "text without control characters",
	[CONFIG_TYPE_LEVEL] = "error, warn, notice, info or debug",
	[CONFIG_TYPE_UINT] = "a number",
	[CONFIG_TYPE_SECONDS] = "a duration of whole seconds such as 30s, 5m or 2h",
	[CONFIG_TYPE_MILLISECONDS] = "a duration such as 500ms, 30s, 5m or 2h",
	[CONFIG_TYPE_BOOL] = "on or off",
	[CONFIG_TYPE_ENV_LIST] = "NAME=value",
};

_Static_assert(sizeof(wanted) / sizeof(wanted[0]) == CONFIG_TYPE_COUNT, "one per type");

const struct config_key *config_table(size_t *ret_count)
{
	*ret_count = sizeof(table) / sizeof(table[0]);
	return table;
}

const char *config_section_name(enum config_section section)
{
	static const char *const names[CONFIG_SECTION_COUNT] = {
		[CONFIG_SECTION_TOP] = "",
		[CONFIG_SECTION_HANDLER] = "handler",
		[CONFIG_SECTION_DEFAULTS] = "defaults",
	};

	return names[section];
}

static bool parse_bool(const char *text, uint64_t *ret_value)
{
	size_t i;

	for (i = 0; i < sizeof(bool_words) / sizeof(bool_words[0]); i++) {
		if (strcmp(text, bool_words[i].text) == 0) {
			*ret_value = bool_words[i].value;
			return true;
		}
	}
	return false;
}

static bool has_control_character(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static bool path_is_plain(const char *text)
{
	/* "//", "/./", "/../" and a slash at the end would make two names for one thing */
	size_t size = strlen(text);

	return size >= 2 && text[0] == '/' && text[size - 1] != '/' && !strstr(text, "//") &&
	       !strstr(text, "/./") && !strstr(text, "/../") &&
	       !(size >= 2 && strcmp(text + size - 2, "/.") == 0) &&
	       !(size >= 3 && strcmp(text + size - 3, "/..") == 0);
}

static bool name_is_plain(const char *text)
{
	/* the characters of useradd(8), and a point, as directory services have them */
	static const char legal[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return *text && *text != '-' && text[strspn(text, legal)] == '\0';
}

/* The number that @text is, in the unit that @key is stored in. */
static bool parse_number(const struct config_key *key, const char *text, uint64_t *ret_value)
{
	uint64_t ms;
	enum log_level level;

	switch (key->type) {
	case CONFIG_TYPE_UINT:
		return str_parse_uint(text, 0, UINT64_MAX, ret_value);
	case CONFIG_TYPE_MILLISECONDS:
		return str_parse_duration(text, ret_value);
	case CONFIG_TYPE_SECONDS:
		if (!str_parse_duration(text, &ms) || ms % 1000)
			return false;
		*ret_value = ms / 1000;
		return true;
	case CONFIG_TYPE_BOOL:
		return parse_bool(text, ret_value);
	case CONFIG_TYPE_LEVEL:
		if (!log_level_parse(text, &level))
			return false;
		*ret_value = (uint64_t)level;
		return true;
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return false;
}

static bool check_text(const struct config_key *key, const char *text, char *ret_what)
{
	bool is_good = !has_control_character(text);

	if (strlen(text) > key->max) {
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "is longer than %llu bytes",
			(unsigned long long)key->max);
		return false;
	}
	if (key->type == CONFIG_TYPE_PATH)
		is_good = is_good && path_is_plain(text);
	if (key->type == CONFIG_TYPE_NAME)
		is_good = is_good && name_is_plain(text);
	if (!is_good)
		(void)snprintf(
			ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not %s", text, wanted[key->type]);
	return is_good;
}

static bool check_env(const struct config_key *key, const char *text, char *ret_what)
{
	size_t size = strcspn(text, "=");
	size_t i;
	bool is_good = size > 0 && text[size] == '=' && !(text[0] >= '0' && text[0] <= '9') &&
		       !has_control_character(text) && strlen(text) <= key->max;

	for (i = 0; i < size && is_good; i++) {
		is_good = (text[i] >= 'a' && text[i] <= 'z') ||
			  (text[i] >= 'A' && text[i] <= 'Z') ||
			  (text[i] >= '0' && text[i] <= '9') || text[i] == '_';
	}
	if (!is_good)
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "has '%.60s', not NAME=value", text);
	return is_good;
}

static bool check_number(const struct config_key *key, const char *text, char *ret_what)
{
	const char *u = key->type == CONFIG_TYPE_SECONDS ? " s" : "";
	uint64_t value = 0;

	if (key->type == CONFIG_TYPE_MILLISECONDS)
		u = " ms";
	if (!parse_number(key, text, &value)) {
		(void)snprintf(
			ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not %s", text, wanted[key->type]);
		return false;
	}
	if (key->max > 0 && (value < key->min || value > key->max)) {
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE,
			"is '%.60s', not within %llu%s to %llu%s", text,
			(unsigned long long)key->min, u, (unsigned long long)key->max, u);
		return false;
	}
	return true;
}

bool config_value_check(
	const struct config_key *key, const char *text, char ret_what[CONFIG_WHAT_SIZE])
{
	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
		return check_text(key, text, ret_what);
	case CONFIG_TYPE_ENV_LIST:
		return check_env(key, text, ret_what);
	case CONFIG_TYPE_LEVEL:
	case CONFIG_TYPE_UINT:
	case CONFIG_TYPE_SECONDS:
	case CONFIG_TYPE_MILLISECONDS:
	case CONFIG_TYPE_BOOL:
		return check_number(key, text, ret_what);
	case CONFIG_TYPE_COUNT:
		break;
	}
	return false;
}

static int store_text(char **member, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*member);
	*member = copy;
	return 0;
}

int config_value_store(const struct config_key *key, const char *text, void *object)
{
	void *member = (char *)object + key->offset;
	uint64_t value = 0;

	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
		return store_text(member, text);
	case CONFIG_TYPE_LEVEL:
		(void)log_level_parse(text, member);
		return 0;
	case CONFIG_TYPE_BOOL:
		(void)parse_bool(text, &value);
		*(bool *)member = value != 0;
		return 0;
	case CONFIG_TYPE_UINT:
	case CONFIG_TYPE_SECONDS:
	case CONFIG_TYPE_MILLISECONDS:
		(void)parse_number(key, text, &value);
		*(uint32_t *)member = (uint32_t)value;
		return 0;
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return -EINVAL;
}

bool config_differs_in(const struct config_key *key, const struct config *a, const struct config *b)
{
	const void *in_a = (const char *)a + key->offset;
	const void *in_b = (const char *)b + key->offset;

	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
		return strcmp(*(char *const *)in_a, *(char *const *)in_b) != 0;
	case CONFIG_TYPE_LEVEL:
		return *(const enum log_level *)in_a != *(const enum log_level *)in_b;
	case CONFIG_TYPE_BOOL:
		return *(const bool *)in_a != *(const bool *)in_b;
	case CONFIG_TYPE_UINT:
	case CONFIG_TYPE_SECONDS:
	case CONFIG_TYPE_MILLISECONDS:
		return *(const uint32_t *)in_a != *(const uint32_t *)in_b;
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return false;
}
