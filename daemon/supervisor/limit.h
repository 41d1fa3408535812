#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Resource limits of PHP, setrlimit(2): which setting is which, and how one is set between fork
 * and exec.
 */

#include <stdint.h>

enum limit {
	LIMIT_AS = 0,
	LIMIT_CORE,
	LIMIT_CPU,
	LIMIT_DATA,
	LIMIT_FSIZE,
	LIMIT_MEMLOCK,
	LIMIT_NOFILE,
	LIMIT_NPROC,
	LIMIT_STACK,
	LIMIT_COUNT
};

/** Nobody has said anything: PHP has what lsapid itself has. */
#define LIMIT_UNSET (UINT64_MAX - 1)
/** As large as there is: RLIM_INFINITY. */
#define LIMIT_UNLIMITED UINT64_MAX

/** limit_key() - of the pool specification */
const char *limit_key(enum limit limit);

/**
 * limit_set() - for this process, and all that it starts; async-signal-safe
 * @value:   soft and hard alike; LIMIT_UNSET does nothing
 * @ret_got: on failure what holds then: as much of @value as we may have
 *
 * Return: 0; errno: the whole of it could not be had (EPERM without CAP_SYS_RESOURCE).
 */
int limit_set(enum limit limit, uint64_t value, uint64_t *ret_got);
