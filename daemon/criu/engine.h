#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * CRIU itself: the one place that knows libcriu. It runs `criu swrk` for each call, a child of ours
 * that is gone afterwards. Without libcriu every call fails, and says so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/criu/why.h"

struct engine {
	const char *program; /* that program_check() has passed; borrowed: arguments */
	int dir;             /* of the image; borrowed: its owner's */
	int logs;            /* where a log stays, if is_debug; borrowed: its owner's */
	bool is_debug;       /* a long log, which is kept */
};

/** A descriptor that the restored process gets in place of one that the dumped one had. */
struct engine_pass {
	int fd;          /* not close-on-exec; borrowed: the caller's */
	const char *key; /* what it was: "socket:[123]", "pipe:[45]", "path/without/first/slash" */
};

/** engine_is_there() - has this been built with libcriu? */
bool engine_is_there(struct why *reterr);

/**
 * engine_dump() - write the image of a process and of what is below it, which go on
 * @freeze_s: for how long CRIU may try to make them stand still
 *
 * Return: 0; 1 and @reterr is CRIU's reason.
 */
int engine_dump(
	const struct engine *e, pid_t pid, uint32_t freeze_s, struct why *reterr) ATTR_MUST_USE;

/**
 * engine_restore() - bring it back as a child of ours
 * @ret_pid: as it was, in our pid namespace
 *
 * Return: 0; 1 and @reterr is CRIU's reason.
 */
int engine_restore(const struct engine *e, const struct engine_pass *pass, size_t count,
	pid_t *ret_pid, struct why *reterr) ATTR_MUST_USE;
