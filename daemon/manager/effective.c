/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/effective.h"

#include <string.h>

#include "daemon/manager/waitq.h"

#define ID_MAX (UINT32_MAX - 1U) /* (uid_t)-1 means "no change" to the kernel */

enum {
	IS_THERE = 0,
	IS_MISSING = 1
};

static const char *const own_keys[] = {
	SPEC_WHEN_BUSY,
	SPEC_QUEUE_LENGTH,
	SPEC_QUEUE_WAIT,
	SPEC_BUSY_STATUS,
};

bool effective_is_own(const char *entry)
{
	size_t i;

	for (i = 0; i < sizeof(own_keys) / sizeof(own_keys[0]); i++) {
		size_t size = strlen(own_keys[i]);

		if (strncmp(entry, own_keys[i], size) == 0 && entry[size] == '=')
			return true;
	}
	return false;
}

/* Is the value of @key the first or the second of two words? Return: its number; -1 */
static int read_word(
	const struct pool_spec *spec, const char *key, const char *first, const char *second)
{
	const char *value = pool_spec_get(spec, key);

	if (!value || (strcmp(value, first) != 0 && strcmp(value, second) != 0))
		return -1;
	return strcmp(value, second) == 0;
}

static int read_wait(const struct pool_spec *spec, struct wait_settings *ret, const char **ret_what)
{
	int mode = read_word(spec, SPEC_WHEN_BUSY, "reject", "queue");
	int status = read_word(spec, SPEC_BUSY_STATUS, "507", "503");
	uint64_t length = 0, wait_ms = 0;

	*ret_what = SPEC_WHEN_BUSY;
	if (mode < 0)
		return 1;
	*ret_what = SPEC_BUSY_STATUS;
	if (status < 0)
		return 1;
	*ret_what = SPEC_QUEUE_LENGTH;
	if (pool_spec_get_uint(spec, *ret_what, 1, WAITQ_LIMIT, &length) != IS_THERE)
		return 1;
	*ret_what = SPEC_QUEUE_WAIT;
	if (pool_spec_get_uint(spec, *ret_what, 1, UINT32_MAX, &wait_ms) != IS_THERE)
		return 1;
	*ret = (struct wait_settings){
		.is_queue = mode == 1,
		.queue_length = (uint32_t)length,
		.queue_wait_ms = (uint32_t)wait_ms,
		.busy_status = status == 1 ? 503 : 507,
	};
	return 0;
}

int effective_read(const struct pool_spec *spec, struct effective *ret, const char **ret_what)
{
	struct wait_settings wait;
	uint64_t uid = 0, gid = 0, children = 0, idle_s = 0, has_pool = 1;

	if (!pool_spec_get(spec, SPEC_HANDLER)) {
		*ret_what = SPEC_HANDLER;
		return 1;
	}
	if (pool_spec_get_uint(spec, SPEC_UID, 0, ID_MAX, &uid) != IS_THERE) {
		*ret_what = SPEC_UID;
		return 1;
	}
	if (pool_spec_get_uint(spec, SPEC_GID, 0, ID_MAX, &gid) != IS_THERE) {
		*ret_what = SPEC_GID;
		return 1;
	}
	if (pool_spec_get_uint(spec, SPEC_CHILDREN, 2, 10000, &children) != IS_THERE) {
		*ret_what = SPEC_CHILDREN;
		return 1;
	}
	if (pool_spec_get_uint(spec, SPEC_PGRP_MAX_IDLE, 0, UINT32_MAX, &idle_s) != IS_THERE) {
		*ret_what = SPEC_PGRP_MAX_IDLE;
		return 1;
	}
	if (read_wait(spec, &wait, ret_what))
		return 1;
	if (pool_spec_get_uint(spec, SPEC_CONNECTION_POOL, 0, 1, &has_pool) > IS_MISSING) {
		*ret_what = SPEC_CONNECTION_POOL;
		return 1;
	}
	*ret = (struct effective){
		.uid = (uid_t)uid,
		.gid = (gid_t)gid,
		.children = (uint32_t)children,
		.pgrp_max_idle_s = (uint32_t)idle_s,
		.wait = wait,
		.has_connection_pool = has_pool != 0,
	};
	return 0;
}
