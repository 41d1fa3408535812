/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/limit.h"

#include <errno.h>
#include <sys/resource.h>

#include "proto/pool_spec.h"

/*
 * Seconds between SIGXCPU and SIGKILL: the first one tells in every log what it was, the second
 * could have been anything.
 */
#define CPU_GRACE_S 5U

static const struct {
	const char *key;
	unsigned resource; /* of an enum in GNU C, which clang takes for unsigned */
} limits[LIMIT_COUNT] = {
	[LIMIT_AS] = { SPEC_LIMIT_AS, RLIMIT_AS },
	[LIMIT_CORE] = { SPEC_LIMIT_CORE, RLIMIT_CORE },
	[LIMIT_CPU] = { SPEC_LIMIT_CPU, RLIMIT_CPU },
	[LIMIT_DATA] = { SPEC_LIMIT_DATA, RLIMIT_DATA },
	[LIMIT_FSIZE] = { SPEC_LIMIT_FSIZE, RLIMIT_FSIZE },
	[LIMIT_MEMLOCK] = { SPEC_LIMIT_MEMLOCK, RLIMIT_MEMLOCK },
	[LIMIT_NOFILE] = { SPEC_LIMIT_NOFILE, RLIMIT_NOFILE },
	[LIMIT_NPROC] = { SPEC_LIMIT_NPROC, RLIMIT_NPROC },
	[LIMIT_STACK] = { SPEC_LIMIT_STACK, RLIMIT_STACK },
};

_Static_assert(RLIM_INFINITY == LIMIT_UNLIMITED, "a value is what the kernel has");

const char *limit_key(enum limit limit)
{
	return limits[limit].key;
}

int limit_set(enum limit limit, uint64_t value, uint64_t *ret_got)
{
	unsigned resource = limits[limit].resource;
	struct rlimit wanted = { .rlim_cur = value, .rlim_max = value };
	struct rlimit now;
	int error;

	if (value == LIMIT_UNSET)
		return 0;
	if (limit == LIMIT_CPU && value != LIMIT_UNLIMITED)
		wanted.rlim_max += CPU_GRACE_S;
	if (setrlimit(resource, &wanted) == 0)
		return 0;
	error = errno;
	*ret_got = 0;
	if (getrlimit(resource, &now) < 0)
		return error;
	now.rlim_cur = now.rlim_max < value ? now.rlim_max : value;
	/* within the hard limit, which stays: nothing is left that could be refused */
	(void)setrlimit(resource, &now);
	*ret_got = now.rlim_cur;
	return error;
}
