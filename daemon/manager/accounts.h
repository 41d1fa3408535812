#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Names of accounts by their numbers, asked of the system once per configuration and only for
 * those whose site was visited. Pool files name users; the shim tells numbers. Thousands of names
 * turned into numbers at once would keep the loop waiting for as long as that takes.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/base/map.h"

struct accounts {
	struct map by_uid; /* values are owned */
};

void accounts_init(struct accounts *a);

/** accounts_deinit() - also to forget all, since names may have changed; then usable again */
void accounts_deinit(struct accounts *a);

/** accounts_find_user() - the same, with its own group */
bool accounts_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid);

/** accounts_find_uid() - asked anew each time: for administrators only. Return: false: none */
bool accounts_find_uid(const char *name, uid_t *ret_uid);

/** accounts_known() - accounts_name() if it was asked before; the system is not asked now */
const char *accounts_known(const struct accounts *a, uid_t uid);

/** accounts_name() - borrowed until accounts_deinit(); NULL: there is none, or no memory */
const char *accounts_name(struct accounts *a, uid_t uid);

/** accounts_find_gid() - group by name. Return: false if there is none */
bool accounts_find_gid(const char *name, gid_t *ret_gid);
