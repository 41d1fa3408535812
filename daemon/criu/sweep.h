#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Removing images by many: what nobody will use again, what is too much, what somebody wants gone.
 * Each one is logged (criu.removed), as nobody else names it.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/criu/store.h"
#include "daemon/criu/why.h"

struct sweep_limits {
	uint64_t max_bytes; /* of all images together; 0: any */
	uint64_t max_age_s; /* since the last use; 0: any */
};

struct sweep_result {
	size_t removed;
	uint64_t removed_bytes;
	size_t left;
	uint64_t left_bytes;
};

/**
 * sweep_run() - remove what dead processes left; broken images and those of users that are gone;
 * what was not used for max_age_s; then what was used least recently, until max_bytes suffice
 *
 * One at a time; another waits.
 *
 * Return: 0; -errno and @reterr in words.
 */
int sweep_run(const struct store *s, const struct sweep_limits *limits,
	struct sweep_result *ret_result, struct why *reterr) ATTR_MUST_USE;

/**
 * sweep_reset() - remove images because somebody wants it
 * @pool:      by name, all of that name; NULL: all there are
 * @ret_count: how many
 * @why:       for the log: "asked", "flag of the user", ...
 *
 * Return: 0; -errno and @reterr in words.
 */
int sweep_reset(const struct store *s, const char *pool, const char *why, size_t *ret_count,
	struct why *reterr) ATTR_MUST_USE;
