/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_column.h"

#include <string.h>

const struct shim_status_column shim_status_columns[] = {
	{ "name", "name", "Pool", "virtual host or account", SHIM_STATUS_TEXT },
	{ "user", "user", "User", "whose PHP it is", SHIM_STATUS_TEXT },
	{ "handler", "handler", "Handler", "which PHP", SHIM_STATUS_TEXT },
	{ "state", "state", "State", "of its lsphp, and since when", SHIM_STATUS_TEXT },
	{ "busy", "busy", "Busy", "children with a request", SHIM_STATUS_COUNT },
	{ "idle", "idle", "Idle", "children that wait for one", SHIM_STATUS_COUNT },
	{ "limit", "children", "Limit", "most children", SHIM_STATUS_COUNT },
	{ "queue", "waiting", "Queue", "requests that wait for a child", SHIM_STATUS_COUNT },
	{ "memory", "rss_kib", "Memory",
		"resident; pages that its processes share count for each of them",
		SHIM_STATUS_KIB },
	{ "cpu", "cpu_s", "CPU", "processor time of its processes, and of those that ended",
		SHIM_STATUS_SECONDS },
	{ "requests", "requests", "Requests", "that have ended", SHIM_STATUS_COUNT },
	{ "errors", "errors", "Errors", "requests that ended with 5xx", SHIM_STATUS_COUNT },
	{ "refused", "rejects", "Refused", "requests that got no child", SHIM_STATUS_COUNT },
	{ "deaths", "deaths", "Deaths", "children that ended unasked", SHIM_STATUS_COUNT },
	{ "restarts", "restarts", "Restarts", "of its lsphp", SHIM_STATUS_COUNT },
	{ "cold", "cold_starts", "Cold", "starts of its lsphp from nothing", SHIM_STATUS_COUNT },
	{ "restored", "thawed_starts", "Restored", "starts of its lsphp from an image",
		SHIM_STATUS_COUNT },
	{ .name = NULL },
};

const json_t *shim_status_find(const json_t *object, const char *path)
{
	char key[64];

	for (;;) {
		size_t size = strcspn(path, ".");

		if (size >= sizeof(key))
			return NULL;
		memcpy(key, path, size);
		key[size] = '\0';
		object = json_object_get(object, key);
		if (path[size] == '\0')
			return object;
		path += size + 1;
	}
}

const char *shim_status_text(const json_t *object, const char *path)
{
	const char *text = json_string_value(shim_status_find(object, path));

	return text ? text : "";
}

double shim_status_number(const json_t *object, const char *path)
{
	double value = json_number_value(shim_status_find(object, path));

	return value > 0 ? value : 0;
}

uint64_t shim_status_count(const json_t *object, const char *path)
{
	const json_t *value = shim_status_find(object, path);
	json_int_t number = json_integer_value(value);

	return number > 0 ? (uint64_t)number : 0;
}

const struct shim_status_column *shim_status_column_find(const char *name)
{
	for (const struct shim_status_column *c = shim_status_columns; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}
