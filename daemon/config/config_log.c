/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_table.h"

/* So many of a host's name; a longer one is none (RFC 1035, 2.3.4). */
#define HOST_BYTES 200U

static const char *word_of(
	const struct config *c, const struct config_pool *pool, const struct pool_spec *spec)
{
	const struct config_key *row = config_find_spec(CONFIG_SECTION_DEFAULTS, SPEC_OWN_LOG);
	const char *word = pool_spec_get(spec, SPEC_OWN_LOG);
	size_t i;

	for (i = 0; pool && i < pool->entry_count; i++) {
		if (strcmp(pool->entries[i].key, SPEC_OWN_LOG) == 0)
			return pool->entries[i].value;
	}
	return word ? word : row->words[c->defaults.own_log];
}

static bool is_host_char(unsigned char c)
{
	return isascii(c) && (isalnum(c) || c == '-' || c == '_' || c == '.');
}

/* The macro of that name is a block of its own. */
static char to_lower(unsigned char c)
{
	return (char)tolower(c);
}

/* Lower case, as virtual hosts are the same in any. Return: false: it is no name of a host */
static bool take_host(const char *host, char out[HOST_BYTES + 1])
{
	size_t i;

	for (i = 0; i < HOST_BYTES && host[i]; i++) {
		unsigned char c = (unsigned char)host[i];

		if (!is_host_char(c))
			return false;
		out[i] = to_lower(c);
	}
	out[i] = '\0';
	return i > 0 && !host[i] && out[0] != '.';
}

static void name_of_user(const struct pool_spec *spec, char name[CONFIG_LOG_NAME_SIZE])
{
	const char *scope = pool_spec_get(spec, SPEC_SCOPE);
	const char *server = pool_spec_get(spec, SPEC_LOG_NAME);
	const char *host = server ? server : pool_spec_get(spec, SPEC_NAME);
	bool is_account = scope && strcmp(scope, "user") == 0;
	char text[HOST_BYTES + 1] = "user";
	uint64_t uid = 0;

	(void)pool_spec_get_uint(spec, SPEC_UID, 0, UINT32_MAX - 1, &uid);
	if (is_account || !host || !take_host(host, text))
		(void)str_copy(text, sizeof(text), "user");
	(void)snprintf(name, CONFIG_LOG_NAME_SIZE, "%s-%" PRIu64 ".log", text, uid);
}

enum config_log config_log_name(const struct config *c, const struct config_pool *pool,
	const struct pool_spec *spec, char ret_name[CONFIG_LOG_NAME_SIZE])
{
	const char *word;

	if (pool && pool->log) {
		(void)str_copy(ret_name, CONFIG_LOG_NAME_SIZE, pool->log);
		return CONFIG_LOG_OF_USER;
	}
	word = word_of(c, pool, spec);
	if (strcmp(word, "common") == 0) {
		(void)str_copy(ret_name, CONFIG_LOG_NAME_SIZE, "lsphp.log");
		return CONFIG_LOG_COMMON;
	}
	if (strcmp(word, "vhost") != 0)
		return CONFIG_LOG_NONE;
	name_of_user(spec, ret_name);
	return CONFIG_LOG_OF_USER;
}
