/* SPDX-License-Identifier: Apache-2.0 */

/* What the texts of the files are: checked, stored, and written as pool specifications have them.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/str.h"
#include "daemon/config/config_special.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_word.h"
#include "proto/pool_spec.h"

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
	[CONFIG_TYPE_FILE] = "a plain file name of letters, digits and ._-",
	[CONFIG_TYPE_TEXT] = "text without control characters",
	[CONFIG_TYPE_LEVEL] = "error, warn, notice, info or debug",
	[CONFIG_TYPE_LOG_TARGET] = "stderr, syslog or an absolute path without links",
	[CONFIG_TYPE_LISTEN] = "127.0.0.1:PORT, [::1]:PORT or the absolute path of a socket",
	[CONFIG_TYPE_UINT] = "a number",
	[CONFIG_TYPE_SECONDS] = "a duration of whole seconds such as 30s, 5m or 2h",
	[CONFIG_TYPE_MILLISECONDS] = "a duration such as 500ms, 30s, 5m or 2h",
	[CONFIG_TYPE_INT] = "a whole number",
	[CONFIG_TYPE_SIZE] = "a size in bytes such as 65536, 64K, 512M or 2G",
	[CONFIG_TYPE_BOOL] = "on or off",
	[CONFIG_TYPE_CHOICE] = "one of the words of the manual",
	[CONFIG_TYPE_ENV_LIST] = "NAME=value",
	[CONFIG_TYPE_INI_LIST] = "name=value",
	[CONFIG_TYPE_PATH_LIST] = "an absolute path without '.' and '..'",
	[CONFIG_TYPE_NAME_LIST] = "the name of an account",
	[CONFIG_TYPE_HOST_LIST] = "the name of a virtual host, or *.DOMAIN",
};

_Static_assert(sizeof(wanted) / sizeof(wanted[0]) == CONFIG_TYPE_COUNT, "one per type");

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

static bool parse_choice(const char *const *words, const char *text, uint64_t *ret_value)
{
	uint64_t i;

	for (i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_value = i;
			return true;
		}
	}
	return false;
}

/* The number that @text is, in the unit that @key is stored in; below zero as an int64_t is. */
static bool parse_number(const struct config_key *key, const char *text, uint64_t *ret_value)
{
	uint64_t ms;
	int64_t number;
	enum log_level level;

	switch (key->type) {
	case CONFIG_TYPE_INT:
		if (!str_parse_int(text, INT64_MIN, INT64_MAX, &number))
			return false;
		*ret_value = (uint64_t)number;
		return true;
	case CONFIG_TYPE_SIZE:
		return str_parse_size(text, ret_value);
	case CONFIG_TYPE_CHOICE:
		return parse_choice(key->words, text, ret_value);
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
	case CONFIG_TYPE_LOG_TARGET:
	case CONFIG_TYPE_LISTEN:
	case CONFIG_TYPE_FILE:
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_INI_LIST:
	case CONFIG_TYPE_PATH_LIST:
	case CONFIG_TYPE_NAME_LIST:
	case CONFIG_TYPE_HOST_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return false;
}

static bool check_text(const struct config_key *key, const char *text, char *ret_what)
{
	bool is_good = !config_word_has_control(text);

	if (strlen(text) > key->max) {
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "is longer than %llu bytes",
			(unsigned long long)key->max);
		return false;
	}
	if (*text == '\0' && key->can_be_empty)
		return true;
	if (key->type == CONFIG_TYPE_PATH || key->type == CONFIG_TYPE_PATH_LIST ||
		(key->type == CONFIG_TYPE_LOG_TARGET && log_target_parse(text) == LOG_TARGET_FILE))
		is_good = is_good && config_word_is_path(text);
	if (key->type == CONFIG_TYPE_LISTEN)
		is_good = is_good && config_word_is_listen(text);
	if (key->type == CONFIG_TYPE_HOST_LIST)
		is_good = is_good && config_word_is_host(text);
	if (key->type == CONFIG_TYPE_NAME || key->type == CONFIG_TYPE_NAME_LIST)
		is_good = is_good && config_word_is_name(text);
	if (key->type == CONFIG_TYPE_FILE)
		is_good = is_good && config_word_is_file(text);
	if (!is_good)
		(void)snprintf(
			ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not %s", text, wanted[key->type]);
	return is_good;
}

/* Of a list whose names become keys of the pool specification: those have a bound. */
static bool check_name_size(const struct config_key *key, size_t size, char *ret_what)
{
	size_t most = key->spec ? POOL_SPEC_MAX_KEY - strlen(key->spec) : size;

	if (size <= most)
		return true;
	(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "has a name longer than %zu bytes", most);
	return false;
}

static bool check_env(const struct config_key *key, const char *text, char *ret_what)
{
	size_t size = strcspn(text, "=");
	size_t i;
	bool is_good = size > 0 && text[size] == '=' && !(text[0] >= '0' && text[0] <= '9') &&
		       !config_word_has_control(text) && strlen(text) <= key->max;

	for (i = 0; i < size && is_good; i++) {
		is_good = (text[i] >= 'a' && text[i] <= 'z') ||
			  (text[i] >= 'A' && text[i] <= 'Z') ||
			  (text[i] >= '0' && text[i] <= '9') || text[i] == '_';
	}
	if (!is_good)
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "has '%.60s', not NAME=value", text);
	if (is_good && !check_name_size(key, size, ret_what))
		return false;
	if (is_good && key->section == CONFIG_SECTION_POOL && config_env_is_forbidden(text, size)) {
		(void)snprintf(
			ret_what, CONFIG_WHAT_SIZE, "has '%.60s', which a pool cannot set", text);
		return false;
	}
	return is_good;
}

static bool check_ini(const struct config_key *key, const char *text, char *ret_what)
{
	/* those of php.ini's own settings and of extensions: "session.save_path", "SMTP" */
	static const char legal[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t size = strspn(text, legal);
	bool is_good = text[size] == '=' && !config_ini_is_forbidden(text, size) &&
		       !config_word_has_control(text) && strlen(text) <= key->max;

	if (!is_good)
		(void)snprintf(
			ret_what, CONFIG_WHAT_SIZE, "has '%.60s', not %s", text, wanted[key->type]);
	return is_good && check_name_size(key, size, ret_what);
}

static bool check_choice(const struct config_key *key, const char *text, char *ret_what)
{
	uint64_t value;
	size_t i;
	int used;

	if (parse_choice(key->words, text, &value))
		return true;
	used = snprintf(ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not", text);
	for (i = 0; key->words[i] && used > 0 && used < CONFIG_WHAT_SIZE; i++)
		used += snprintf(ret_what + used, CONFIG_WHAT_SIZE - (size_t)used, "%s %s",
			i == 0 ? "" : " or", key->words[i]);
	return false;
}

static bool check_range(
	const struct config_key *key, const char *text, uint64_t value, char *ret_what)
{
	int64_t low = (int64_t)key->min;
	int64_t high = (int64_t)key->max;

	if (key->type != CONFIG_TYPE_INT || ((int64_t)value >= low && (int64_t)value <= high))
		return true;
	(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not within %lld to %lld", text,
		(long long)low, (long long)high);
	return false;
}

static bool check_number(const struct config_key *key, const char *text, char *ret_what)
{
	const char *u = key->type == CONFIG_TYPE_SECONDS ? " s" : "";
	uint64_t value = 0;

	if (key->type == CONFIG_TYPE_MILLISECONDS)
		u = " ms";
	if (key->type == CONFIG_TYPE_SIZE)
		u = " bytes";
	if (config_special_is(key, text))
		return true;
	if (!parse_number(key, text, &value)) {
		(void)snprintf(ret_what, CONFIG_WHAT_SIZE, "is '%.60s', not %s%s", text,
			wanted[key->type], key->can_be_unlimited ? ", or unlimited" : "");
		return false;
	}
	if (key->type == CONFIG_TYPE_INT)
		return check_range(key, text, value, ret_what);
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
	case CONFIG_TYPE_LOG_TARGET:
	case CONFIG_TYPE_LISTEN:
	case CONFIG_TYPE_PATH_LIST:
	case CONFIG_TYPE_NAME_LIST:
	case CONFIG_TYPE_FILE:
	case CONFIG_TYPE_HOST_LIST:
		return check_text(key, text, ret_what);
	case CONFIG_TYPE_ENV_LIST:
		return check_env(key, text, ret_what);
	case CONFIG_TYPE_INI_LIST:
		return check_ini(key, text, ret_what);
	case CONFIG_TYPE_CHOICE:
		return check_choice(key, text, ret_what);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_SIZE:
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

	if (config_special_is(key, text)) {
		config_special_store(key, text, member);
		return 0;
	}
	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_LOG_TARGET:
	case CONFIG_TYPE_LISTEN:
	case CONFIG_TYPE_FILE:
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
	case CONFIG_TYPE_CHOICE:
		(void)parse_number(key, text, &value);
		*(uint32_t *)member = (uint32_t)value;
		return 0;
	case CONFIG_TYPE_INT:
		(void)parse_number(key, text, &value);
		*(int32_t *)member = (int32_t)(int64_t)value;
		return 0;
	case CONFIG_TYPE_SIZE:
		(void)parse_number(key, text, &value);
		*(uint64_t *)member = value;
		return 0;
	case CONFIG_TYPE_INI_LIST:
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_PATH_LIST:
	case CONFIG_TYPE_NAME_LIST:
	case CONFIG_TYPE_HOST_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return -EINVAL;
}

const char *config_value_format(
	const struct config_key *key, const char *text, char *out, size_t size)
{
	uint64_t value = 0;

	if (key->type == CONFIG_TYPE_INT && parse_number(key, text, &value))
		(void)snprintf(out, size, "%" PRId64, (int64_t)value);
	else if (key->type != CONFIG_TYPE_CHOICE && parse_number(key, text, &value))
		(void)snprintf(out, size, "%" PRIu64, value);
	else
		(void)str_copy(out, size, text);
	return out;
}

const char *config_value_read(
	const struct config_key *key, const void *object, char *out, size_t size)
{
	const void *member = (const char *)object + key->offset;
	const char *special = config_special_read(key, member);

	out[0] = '\0';
	if (special) {
		(void)str_copy(out, size, special);
		return out;
	}
	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_LOG_TARGET:
	case CONFIG_TYPE_LISTEN:
	case CONFIG_TYPE_FILE:
		if (*(char *const *)member)
			(void)str_copy(out, size, *(char *const *)member);
		break;
	case CONFIG_TYPE_BOOL:
		(void)snprintf(out, size, "%d", *(const bool *)member);
		break;
	case CONFIG_TYPE_UINT:
	case CONFIG_TYPE_SECONDS:
	case CONFIG_TYPE_MILLISECONDS:
		(void)snprintf(out, size, "%" PRIu32, *(const uint32_t *)member);
		break;
	case CONFIG_TYPE_INT:
		(void)snprintf(out, size, "%" PRId32, *(const int32_t *)member);
		break;
	case CONFIG_TYPE_SIZE:
		(void)snprintf(out, size, "%" PRIu64, *(const uint64_t *)member);
		break;
	case CONFIG_TYPE_CHOICE:
		(void)str_copy(out, size, key->words[*(const uint32_t *)member]);
		break;
	case CONFIG_TYPE_LEVEL:
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_INI_LIST:
	case CONFIG_TYPE_PATH_LIST:
	case CONFIG_TYPE_NAME_LIST:
	case CONFIG_TYPE_HOST_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return out;
}

bool config_type_is_list(enum config_type type)
{
	return type == CONFIG_TYPE_ENV_LIST || type == CONFIG_TYPE_INI_LIST ||
	       type == CONFIG_TYPE_PATH_LIST || type == CONFIG_TYPE_NAME_LIST ||
	       type == CONFIG_TYPE_HOST_LIST;
}

bool config_env_is_forbidden(const char *name, size_t size)
{
	static const char *const prefixes[] = { "HTTP_", "LSAPI_", "PHP_LSAPI_", "LSPHP_" };
	size_t i;

	if (size == 4 && memcmp(name, "PATH", 4) == 0)
		return true;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);

		if (size >= length && memcmp(name, prefixes[i], length) == 0)
			return true;
	}
	return false;
}

bool config_ini_is_forbidden(const char *name, size_t size)
{
	/* to PHP's parser they are values, and one of them would make it drop the whole file */
	static const char *const words[] = { "true", "false", "on", "off", "yes", "no", "none",
		"null" };
	bool is_letter = size > 0 && ((name[0] >= 'a' && name[0] <= 'z') ||
					     (name[0] >= 'A' && name[0] <= 'Z') || name[0] == '_');
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == size && strncasecmp(words[i], name, size) == 0)
			return true;
	}
	return !is_letter;
}

bool config_differs_in(const struct config_key *key, const struct config *a, const struct config *b)
{
	const void *in_a = (const char *)a + key->offset;
	const void *in_b = (const char *)b + key->offset;

	switch (key->type) {
	case CONFIG_TYPE_PATH:
	case CONFIG_TYPE_NAME:
	case CONFIG_TYPE_TEXT:
	case CONFIG_TYPE_LOG_TARGET:
	case CONFIG_TYPE_LISTEN:
	case CONFIG_TYPE_FILE:
		return strcmp(*(char *const *)in_a, *(char *const *)in_b) != 0;
	case CONFIG_TYPE_LEVEL:
		return *(const enum log_level *)in_a != *(const enum log_level *)in_b;
	case CONFIG_TYPE_BOOL:
		return *(const bool *)in_a != *(const bool *)in_b;
	case CONFIG_TYPE_UINT:
	case CONFIG_TYPE_SECONDS:
	case CONFIG_TYPE_MILLISECONDS:
	case CONFIG_TYPE_CHOICE:
		return *(const uint32_t *)in_a != *(const uint32_t *)in_b;
	case CONFIG_TYPE_INT:
		return *(const int32_t *)in_a != *(const int32_t *)in_b;
	case CONFIG_TYPE_SIZE:
		return *(const uint64_t *)in_a != *(const uint64_t *)in_b;
	case CONFIG_TYPE_INI_LIST:
	case CONFIG_TYPE_ENV_LIST:
	case CONFIG_TYPE_PATH_LIST:
	case CONFIG_TYPE_NAME_LIST:
	case CONFIG_TYPE_HOST_LIST:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return false;
}
