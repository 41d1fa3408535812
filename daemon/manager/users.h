#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The users whose PHP runs here, one for each uid that has a pool: what all pools of one account
 * have together. Pure bookkeeping.
 */

#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/map.h"
#include "daemon/manager/start_queue.h"

struct user {
	uid_t uid;
	uint32_t pools;           /* that refer to it: gone with the last of them */
	struct start_line starts; /* pools that wait for their turn to start */
};

struct users {
	struct map by_uid;
};

void users_init(struct users *us);
/** users_deinit() - no pool refers to any of them any more */
void users_deinit(struct users *us);

/** users_ref() - one pool more. Return: 0 and *ret_user (users_unref()); -ENOMEM */
int users_ref(struct users *us, uid_t uid, struct user **ret_user) ATTR_MUST_USE;

/** users_unref() - one pool less; accepts NULL; returns NULL */
struct user *users_unref(struct users *us, struct user *u);
