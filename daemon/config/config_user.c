/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_user.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_table.h"
#include "proto/pool_spec.h"

static const struct config_key *find_row(const char *spec_key)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		if (table[i].section == CONFIG_SECTION_POOL && table[i].spec &&
			strcmp(table[i].spec, spec_key) == 0)
			return &table[i];
	}
	return NULL;
}

bool config_user_is_on(const struct config *c, const struct config_pool *pool)
{
	size_t i;

	for (i = 0; pool && i < pool->entry_count; i++) {
		if (strcmp(pool->entries[i].key, SPEC_USER_FILE) == 0)
			return strcmp(pool->entries[i].value, "1") == 0;
	}
	return c->defaults.has_user_file;
}

static bool is_lower(const char *value, const char *given, bool is_zero_most)
{
	int64_t asked;
	int64_t most;

	if (!str_parse_int(value, INT64_MIN, INT64_MAX, &asked))
		return false;
	/* nothing set: what lsapid itself has, which may be lower */
	if (!str_parse_int(given, INT64_MIN, INT64_MAX, &most))
		return false;
	if (is_zero_most && (asked == 0 || most == 0))
		return asked != 0;
	return asked < most;
}

static bool is_higher(const char *value, const char *given)
{
	int64_t asked;
	int64_t least = 0;

	return str_parse_int(value, INT64_MIN, INT64_MAX, &asked) &&
	       (*given == '\0' || str_parse_int(given, INT64_MIN, INT64_MAX, &least)) &&
	       asked > least;
}

bool config_user_may(const char *key, const char *value, const char *given)
{
	const struct config_key *row = find_row(key);

	switch (row ? row->user : CONFIG_USER_NOT) {
	case CONFIG_USER_LOWER:
		return is_lower(value, given, false);
	case CONFIG_USER_SHORTER:
		return is_lower(value, given, true);
	case CONFIG_USER_HIGHER:
		return is_higher(value, given);
	case CONFIG_USER_NOT:
	case CONFIG_USER_ADD:
	case CONFIG_USER_SELECT:
		break;
	}
	return false;
}

bool config_user_env_is_forbidden(const char *name, size_t size)
{
	/* one that ends in _ stands for all that begin so */
	static const char *const names[] = { "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES",
		"HOSTALIASES", "LD_", "LOCALDOMAIN", "LOCPATH", "MALLOC_", "NIS_PATH", "NLSPATH",
		"OPENSSL_", "PHPRC", "PHP_", "RESOLV_HOST_CONF", "RES_OPTIONS", "TZDIR",
		"USE_ZEND_", "ASAN_", "LSAN_", "TSAN_", "UBSAN_" };
	size_t i;

	if (config_env_is_forbidden(name, size))
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);
		bool is_prefix = names[i][length - 1] == '_';

		if ((is_prefix ? size >= length : size == length) &&
			memcmp(name, names[i], length) == 0)
			return true;
	}
	return false;
}

const char *config_user_keys(char *out, size_t size)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < count && used < size; i++) {
		if (table[i].section == CONFIG_SECTION_POOL && table[i].user != CONFIG_USER_NOT)
			used += (size_t)snprintf(
				out + used, size - used, "%s%s", used ? ", " : "", table[i].name);
	}
	return out;
}
