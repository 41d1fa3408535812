/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/effective.h"

#include <string.h>

#define ID_MAX (UINT32_MAX - 1U) /* (uid_t)-1 means "no change" to the kernel */

enum {
	IS_THERE = 0,
	IS_MISSING = 1
};

int effective_read(const struct pool_spec *spec, const struct config *c, struct effective *ret,
	const char **ret_what)
{
	uint64_t uid = 0, gid = 0, children = c->defaults.children;
	uint64_t idle_s = c->defaults.pgrp_max_idle_s;

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
	if (pool_spec_get_uint(spec, SPEC_CHILDREN, 2, 10000, &children) > IS_MISSING) {
		*ret_what = SPEC_CHILDREN;
		return 1;
	}
	if (pool_spec_get_uint(spec, SPEC_PGRP_MAX_IDLE, 0, UINT32_MAX, &idle_s) > IS_MISSING) {
		*ret_what = SPEC_PGRP_MAX_IDLE;
		return 1;
	}
	*ret = (struct effective){
		.uid = (uid_t)uid,
		.gid = (gid_t)gid,
		.children = (uint32_t)children,
		.pgrp_max_idle_s = (uint32_t)idle_s,
	};
	return 0;
}

static void copy_entries(struct pool_spec_builder *b, const struct pool_spec *spec)
{
	char key[POOL_SPEC_MAX_KEY + 1];
	const char *entry = NULL;

	while ((entry = pool_spec_next(spec, entry))) {
		const char *value = strchr(entry, '=');
		size_t size = (size_t)(value - entry);

		memcpy(key, entry, size); /* a checked specification has no longer keys */
		key[size] = '\0';
		pool_spec_add(b, key, value + 1);
	}
}

static void add_missing(
	struct pool_spec_builder *b, const struct pool_spec *spec, const char *key, uint64_t value)
{
	if (!pool_spec_get(spec, key))
		pool_spec_add_uint(b, key, value);
}

int effective_complete(
	const struct pool_spec *spec, const struct config *c, char *out, struct pool_spec *ret_spec)
{
	const struct config_pool_defaults *d = &c->defaults;
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;

	pool_spec_builder_init(&b, data, sizeof(data));
	copy_entries(&b, spec);
	add_missing(&b, spec, SPEC_CHILDREN, d->children);
	add_missing(&b, spec, SPEC_MAX_IDLE, d->max_idle_s);
	add_missing(&b, spec, SPEC_PGRP_MAX_IDLE, d->pgrp_max_idle_s);
	add_missing(&b, spec, SPEC_MAX_REQS, d->max_reqs);
	add_missing(&b, spec, SPEC_MAX_PROCESS_TIME, d->max_process_time_s);
	if (!pool_spec_get(spec, SPEC_PATH) && d->path)
		pool_spec_add(&b, SPEC_PATH, d->path);
	return pool_spec_finish(&b, out, POOL_SPEC_MAX_BYTES, ret_spec);
}
