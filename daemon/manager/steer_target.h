#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Whom an administrator's order is for: pure matching of pools. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum steer_target_kind {
	STEER_TARGET_ALL,
	STEER_TARGET_NUMBER,
	STEER_TARGET_NAME,    /* case does not matter: it is that of a host, or an account */
	STEER_TARGET_PATTERN, /* the same with * and ? */
	STEER_TARGET_USER
};

struct steer_target {
	enum steer_target_kind kind;
	const char *text; /* borrowed; NAME, PATTERN */
	uint32_t number;
	uid_t uid;
};

/** steer_target_matches() - is the pool with this number, name and uid meant? */
bool steer_target_matches(
	const struct steer_target *t, uint32_t number, const char *name, uid_t uid);
