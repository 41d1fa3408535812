/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/effective.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/manager/waitq.h"

#define ID_MAX (UINT32_MAX - 1U) /* (uid_t)-1 means "no change" to the kernel */

_Static_assert(sizeof(uid_t) == sizeof(uint32_t) && sizeof(gid_t) == sizeof(uint32_t), "numbers");

#define NUMBER(member)                                                                             \
	.offset = offsetof(struct effective, member),                                              \
	.is_wide = sizeof(((struct effective *)NULL)->member) == sizeof(uint64_t)

/* All have to be there: config_merge() has filled in what nobody said. */
static const struct {
	const char *key;
	uint64_t min, max;
	size_t offset; /* of a uint32_t or, if it is wide, a uint64_t */
	bool is_wide;
} numbers[] = {
	{ SPEC_UID, 0, ID_MAX, NUMBER(uid) },
	{ SPEC_GID, 0, ID_MAX, NUMBER(gid) },
	{ SPEC_CHILDREN, 2, 10000, NUMBER(children) },
	{ SPEC_PGRP_MAX_IDLE, 0, UINT32_MAX, NUMBER(pgrp_max_idle_s) },
	{ SPEC_MAX_PROCESS_TIME, 1, UINT32_MAX, NUMBER(max_process_time_s) },
	{ SPEC_MAX_LIFETIME, 0, UINT32_MAX, NUMBER(max_lifetime_s) },
	{ SPEC_MAX_MEMORY, 0, UINT64_MAX, NUMBER(max_memory) },
};

static const char *const own_keys[] = {
	SPEC_WHEN_BUSY,
	SPEC_QUEUE_LENGTH,
	SPEC_QUEUE_WAIT,
	SPEC_BUSY_STATUS,
	SPEC_MAX_LIFETIME,
	SPEC_MAX_MEMORY,
	SPEC_USER_FILE,
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
	if (pool_spec_get_uint(spec, *ret_what, 1, WAITQ_LIMIT, &length))
		return 1;
	*ret_what = SPEC_QUEUE_WAIT;
	if (pool_spec_get_uint(spec, *ret_what, 1, UINT32_MAX, &wait_ms))
		return 1;
	*ret = (struct wait_settings){
		.is_queue = mode == 1,
		.queue_length = (uint32_t)length,
		.queue_wait_ms = (uint32_t)wait_ms,
		.busy_status = status == 1 ? 503 : 507,
	};
	return 0;
}

static void store(struct effective *e, size_t i, uint64_t value)
{
	void *member = (char *)e + numbers[i].offset;

	if (numbers[i].is_wide)
		*(uint64_t *)member = value;
	else
		*(uint32_t *)member = (uint32_t)value;
}

int effective_read(const struct pool_spec *spec, struct effective *ret, const char **ret_what)
{
	struct effective e = { .uid = 0 };
	uint64_t has_pool = 1;

	if (!pool_spec_get(spec, SPEC_HANDLER)) {
		*ret_what = SPEC_HANDLER;
		return 1;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 0;

		if (pool_spec_get_uint(
			    spec, numbers[i].key, numbers[i].min, numbers[i].max, &value)) {
			*ret_what = numbers[i].key;
			return 1;
		}
		store(&e, i, value);
	}
	if (read_wait(spec, &e.wait, ret_what))
		return 1;
	/* nobody need say it */
	if (pool_spec_get_uint(spec, SPEC_CONNECTION_POOL, 0, 1, &has_pool) > 1) {
		*ret_what = SPEC_CONNECTION_POOL;
		return 1;
	}
	e.has_connection_pool = has_pool != 0;
	*ret = e;
	return 0;
}
