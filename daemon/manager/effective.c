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

/* Nobody need say these. */
static const struct {
	const char *key;
	uint64_t min, max, value;
	size_t offset; /* of a uint32_t */
} optional_numbers[] = {
	{ SPEC_MAX_CONNECTIONS, 1, 10000, 10000, offsetof(struct effective, max_connections) },
	{ SPEC_PGRP_MAX_REQS, 0, UINT32_MAX, 0, offsetof(struct effective, pgrp_max_reqs) },
	{ SPEC_PGRP_MAX_CRASHES, 0, UINT32_MAX, 0, offsetof(struct effective, pgrp_max_crashes) },
	{ SPEC_SLOW_TIME, 0, UINT32_MAX, 0, offsetof(struct effective, slow_time_s) },
	{ SPEC_INITIAL_START, 0, UINT32_MAX, 0, offsetof(struct effective, initial_start) },
};

static const struct {
	const char *key;
	bool value;
	size_t offset; /* of a bool */
} optional_switches[] = {
	{ SPEC_CONNECTION_POOL, true, offsetof(struct effective, has_connection_pool) },
	{ SPEC_DUMP_DEBUG_INFO, false, offsetof(struct effective, has_dump_debug_info) },
	{ SPEC_CRIU_RESET, false, offsetof(struct effective, has_criu_reset) },
};

static const char *const own_keys[] = {
	SPEC_WHEN_BUSY,
	SPEC_QUEUE_LENGTH,
	SPEC_QUEUE_WAIT,
	SPEC_BUSY_STATUS,
	SPEC_MAX_LIFETIME,
	SPEC_MAX_MEMORY,
	SPEC_MAX_CONNECTIONS,
	SPEC_PGRP_MAX_REQS,
	SPEC_PGRP_MAX_CRASHES,
	SPEC_DUMP_DEBUG_INFO,
	SPEC_SLOW_TIME,
	SPEC_CRIU,
	SPEC_INITIAL_START,
	SPEC_CRIU_IMAGES_DIR,
	SPEC_CRIU_RESET,
	SPEC_CRIU_DEBUG,
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

/* Who says nothing about it has a PHP that is started as always. */
static int read_criu(const struct pool_spec *spec, enum freeze_mode *ret)
{
	const char *value = pool_spec_get(spec, SPEC_CRIU);

	*ret = FREEZE_MODE_OFF;
	if (!value)
		return 0;
	for (int i = 0; i < FREEZE_MODE_COUNT; i++) {
		*ret = (enum freeze_mode)i;
		if (strcmp(value, freeze_mode_name(*ret)) == 0)
			return 0;
	}
	return 1;
}

static void store(struct effective *e, size_t i, uint64_t value)
{
	void *member = (char *)e + numbers[i].offset;

	if (numbers[i].is_wide)
		*(uint64_t *)member = value;
	else
		*(uint32_t *)member = (uint32_t)value;
}

/* Return: NULL, or the key whose value is none */
static const char *read_optional(const struct pool_spec *spec, struct effective *e)
{
	char *base = (char *)e;
	uint64_t value;

	for (size_t i = 0; i < sizeof(optional_numbers) / sizeof(optional_numbers[0]); i++) {
		value = optional_numbers[i].value;
		if (pool_spec_get_uint(spec, optional_numbers[i].key, optional_numbers[i].min,
			    optional_numbers[i].max, &value) > 1)
			return optional_numbers[i].key;
		*(uint32_t *)(void *)(base + optional_numbers[i].offset) = (uint32_t)value;
	}
	for (size_t i = 0; i < sizeof(optional_switches) / sizeof(optional_switches[0]); i++) {
		value = optional_switches[i].value;
		if (pool_spec_get_uint(spec, optional_switches[i].key, 0, 1, &value) > 1)
			return optional_switches[i].key;
		*(bool *)(base + optional_switches[i].offset) = value != 0;
	}
	return NULL;
}

int effective_read(const struct pool_spec *spec, struct effective *ret, const char **ret_what)
{
	struct effective e = { .uid = 0 };
	const char *bad_key;

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
	*ret_what = SPEC_CRIU;
	if (read_criu(spec, &e.criu))
		return 1;
	bad_key = read_optional(spec, &e);
	if (bad_key) {
		*ret_what = bad_key;
		return 1;
	}
	*ret = e;
	return 0;
}
