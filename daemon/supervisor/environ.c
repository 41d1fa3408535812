/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/environ.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/config_table.h"
#include "daemon/supervisor/policy.h"

#define PAD_NAME "LSAPI_PAD"
/* 64 bytes with the name and the equals sign */
#define PAD_VALUE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
_Static_assert(sizeof(PAD_NAME "=" PAD_VALUE) - 1 == 64, "as trap 4 wants it");

void environ_init(struct environ_list *e)
{
	*e = (struct environ_list){ .item = NULL };
}

void environ_deinit(struct environ_list *e)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		free(e->item[i]);
	free(e->item);
	environ_init(e);
}

static char **environ_find(const struct environ_list *e, const char *name)
{
	size_t size = strlen(name);
	size_t i;

	for (i = 0; i < e->count; i++) {
		if (strncmp(e->item[i], name, size) == 0 && e->item[i][size] == '=')
			return &e->item[i];
	}
	return NULL;
}

/* Room for one more and the NULL at the end. */
static bool environ_reserve(struct environ_list *e)
{
	size_t capacity = e->capacity ? e->capacity * 2 : 32;
	char **item;

	if (e->count + 1 < e->capacity)
		return true;
	item = realloc(e->item, capacity * sizeof(*item));
	if (!item)
		return false;
	e->item = item;
	e->capacity = capacity;
	return true;
}

void environ_append(struct environ_list *e, const char *name, const char *value)
{
	char *text = NULL;

	if (asprintf(&text, "%s=%s", name, value) < 0 || !environ_reserve(e)) {
		free(text);
		e->has_failed = true;
		return;
	}
	e->item[e->count++] = text;
	e->item[e->count] = NULL;
}

void environ_set(struct environ_list *e, const char *name, const char *value)
{
	char **place = environ_find(e, name);
	char *text = NULL;

	if (!place) {
		environ_append(e, name, value);
		return;
	}
	if (asprintf(&text, "%s=%s", name, value) < 0) {
		e->has_failed = true;
		return;
	}
	free(*place);
	*place = text;
}

const char *environ_get(const struct environ_list *e, const char *name)
{
	char **place = environ_find(e, name);

	return place ? *place + strlen(name) + 1 : NULL;
}

/*
 * Behind what is there: the later file wins. An empty part is the directory that was compiled in,
 * and nothing but "" is none at all.
 * Source: php-src main/php_ini.c, php_init_config().
 */
void environ_add_scan_dir(struct environ_list *e, const char *directory)
{
	static const char name[] = "PHP_INI_SCAN_DIR";
	const char *before = environ_get(e, name);
	char *text = NULL;

	if (asprintf(&text, "%s%s%s", before ? before : "", before && !*before ? "" : ":",
		    directory) < 0) {
		e->has_failed = true;
		return;
	}
	environ_set(e, name, text);
	free(text);
}

void environ_set_uint(struct environ_list *e, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	environ_set(e, name, text);
}

void environ_pass(struct environ_list *e, const char *name)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	const char *value = getenv(name);

	if (value)
		environ_set(e, name, value);
}

static void environ_set_spec(struct environ_list *e, const struct pool_spec *spec)
{
	size_t prefix = strlen(SPEC_ENV_PREFIX);
	const char *entry = NULL;
	char name[POOL_SPEC_MAX_KEY + 1];

	while ((entry = pool_spec_next(spec, entry))) {
		const char *equals = strchr(entry, '=');
		size_t size;

		if (strncmp(entry, SPEC_ENV_PREFIX, prefix) != 0 || !equals)
			continue;
		size = (size_t)(equals - entry) - prefix;
		if (size >= sizeof(name) || config_env_is_forbidden(entry + prefix, size))
			continue;
		memcpy(name, entry + prefix, size);
		name[size] = '\0';
		environ_set(e, name, equals + 1);
	}
}

/*
 * PHP takes a list of directories, and looks into each as the user who it runs as: so nobody else
 * has to find out in which of them a php.ini is.
 * Source: php-src main/php_ini.c, php_init_config().
 */
static void environ_set_phprc(struct environ_list *e, const struct policy_order *order)
{
	char list[POOL_SPEC_MAX_VALUE + PATH_MAX];
	size_t used = 0;
	size_t size;

	for (const char *at = order->phprc; at; at = at[size] ? at + size + 1 : NULL) {
		size = strcspn(at, ":");
		bool is_home = size == 1 && *at == '~';
		const char *text = is_home ? order->home : at;
		size_t length = is_home && text ? strlen(text) : size;

		/* a home with a colon would be two directories */
		if (!text || !length || (is_home && strchr(text, ':')) ||
			length + 2 > sizeof(list) - used)
			continue;
		if (used)
			list[used++] = ':';
		memcpy(list + used, text, length);
		used += length;
	}
	list[used] = '\0';
	if (used)
		environ_set(e, "PHPRC", list);
}

void environ_fill_lsphp(
	struct environ_list *e, const struct policy_order *order, const struct pool_spec *spec)
{
	size_t i;

	environ_set(e, PAD_NAME, PAD_VALUE);
	environ_set_uint(e, "LSAPI_CHILDREN", order->children);
	/* a hard limit, and kept connections are not closed: the manager counts them */
	environ_set_uint(e, "LSAPI_EXTRA_CHILDREN", 0);
	environ_set_uint(e, "LSAPI_MAX_IDLE_CHILDREN", order->children);
	environ_set_uint(e, "LSAPI_MAX_IDLE", order->max_idle_s);
	/* without a pool of connections a child ends with its request */
	environ_set_uint(e, "LSAPI_MAX_REQS", order->has_connection_pool ? order->max_reqs : 1);
	/* never by itself: the manager retires pools */
	environ_set_uint(e, "LSAPI_PGRP_MAX_IDLE", 0);
	environ_set_uint(e, "LSAPI_MAX_PROCESS_TIME", order->max_process_time_s);
	environ_set_uint(e, "LSAPI_ACCEPT_NOTIFY", order->has_accept_notify);
	environ_set_uint(e, "LSAPI_KEEP_LISTEN", 1);
	/* thawed, it has another parent than it was started by; our death signal ends it all the
	 * same */
	if (order->may_freeze)
		environ_set_uint(e, "LSAPI_PPID_NO_CHECK", 1);
	if (order->has_coredump)
		environ_set_uint(e, "LSAPI_ALLOW_CORE_DUMP", 1);
	if (order->has_own_log)
		environ_set_uint(e, "LSAPI_LOG_STDERR", 1);
	if (order->has_user_ini)
		environ_set(e, "LSPHP_ENABLE_USER_INI", "on");
	if (order->has_user_ini && order->has_user_ini_home && order->home)
		environ_set(e, "LSAPI_USER_INI_HOME", order->home);
	environ_set(e, "PATH", order->path);
	environ_set(e, "TEMP", "/tmp");
	environ_set(e, "TMP", "/tmp");
	environ_set_phprc(e, order);
	environ_set_spec(e, spec);
	for (i = 0; i < order->handler->env_count; i++)
		environ_set(e, order->handler->env[i].name, order->handler->env[i].value);
}
