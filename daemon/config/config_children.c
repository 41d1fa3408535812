/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_children.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/base/str.h"

uint32_t config_children_lower(uint32_t children, uint64_t process_limit)
{
	if (process_limit == CGROUP_UNLIMITED || children < process_limit)
		return children;
	if (process_limit <= CONFIG_CHILDREN_MIN)
		return CONFIG_CHILDREN_MIN;
	return (uint32_t)process_limit - 1;
}

void config_children_see(void *context, const struct config_setting *s)
{
	struct config_children *k = context;
	uint64_t number;

	if (strcmp(s->key, SPEC_CHILDREN) == 0) {
		k->source = s->source;
		if (str_parse_uint(s->value, 0, UINT32_MAX, &number))
			k->count = (uint32_t)number;
	} else if (strcmp(s->key, SPEC_LIMIT_NPROC) == 0 && *s->value) {
		k->has_own_nproc = true;
		/* what is no number is SPEC_UNLIMITED */
		if (!str_parse_uint(s->value, 0, CGROUP_UNLIMITED - 1, &k->own_nproc))
			k->own_nproc = CGROUP_UNLIMITED;
	}
}

void config_children_settle(
	struct config_children *k, bool is_written, const struct config_account *account)
{
	uint32_t lower;

	k->process_source = CONFIG_SOURCE_PIDS_MAX;
	k->process_limit = account->pids_max;
	if (account->pids_max == CGROUP_UNLIMITED) {
		k->process_source = CONFIG_SOURCE_NPROC;
		k->process_limit = k->has_own_nproc ? k->own_nproc : account->nproc;
	}
	lower = config_children_lower(k->count, k->process_limit);
	if (is_written || lower == k->count)
		return;
	k->count = lower;
	k->source = k->process_source;
}

void config_children_write(const struct config_children *k, char *data, struct pool_spec *spec)
{
	const char *old = pool_spec_get(spec, SPEC_CHILDREN);
	size_t old_size = old ? strlen(old) : 0;
	char text[16];
	size_t size, end;
	char *at;

	if (k->source != CONFIG_SOURCE_PIDS_MAX && k->source != CONFIG_SOURCE_NPROC)
		return;
	(void)snprintf(text, sizeof(text), "%u", k->count);
	size = strlen(text);
	assert(old && size <= old_size);
	at = data + (old - spec->data);
	end = (size_t)(at - data) + old_size;
	memcpy(at, text, size);
	memmove(at + size, data + end, spec->size - end);
	spec->size -= old_size - size;
}

bool config_children_contradict(const struct config_children *k)
{
	return k->process_limit != CGROUP_UNLIMITED && k->count >= k->process_limit;
}

int config_account_open(const struct config *c, int *ret_fd)
{
	int r;

	*ret_fd = -1;
	r = cgroup_open(c->cgroup_root, ret_fd);
	/* a host without the tree is no mistake of anybody's */
	return r == -ENOENT && (!c->cgroup_root || !*c->cgroup_root) ? 0 : r;
}

struct config_account config_account_read(int cgroup_fd, uid_t uid)
{
	struct config_account a = { .pids_max = CGROUP_UNLIMITED, .nproc = CGROUP_UNLIMITED };
	struct rlimit limit;

	/* an account without a slice, or a slice without a limit, is one by RLIMIT_NPROC */
	if (cgroup_fd >= 0 && cgroup_read_pids_max(cgroup_fd, uid, &a.pids_max) < 0)
		a.pids_max = CGROUP_UNLIMITED;
	if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		a.nproc = limit.rlim_cur;
	return a;
}
