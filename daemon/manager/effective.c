/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/effective.h"

#include <string.h>

#define ID_MAX (UINT32_MAX - 1U) /* (uid_t)-1 means "no change" to the kernel */

enum {
	IS_THERE = 0,
	IS_MISSING = 1
};

int effective_read(const struct pool_spec *spec, struct effective *ret, const char **ret_what)
{
	uint64_t uid = 0, gid = 0, children = 0, idle_s = 0;

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
	*ret = (struct effective){
		.uid = (uid_t)uid,
		.gid = (gid_t)gid,
		.children = (uint32_t)children,
		.pgrp_max_idle_s = (uint32_t)idle_s,
	};
	return 0;
}
