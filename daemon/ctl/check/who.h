#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Accounts, their groups, and what they may do with a file by its mode. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/** Groups of one account; Linux has no more. */
#define WHO_MAX_GROUPS 65536

struct who {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned; with @gid among them */
	size_t group_count;
};

/** who_find() - an account by name. Return: 0; -ENOENT, -ENOMEM: @ret is empty */
int who_find(const char *name, struct who *ret);

/** who_deinit() - an empty one is fine */
void who_deinit(struct who *w);

bool who_has_group(const struct who *w, gid_t gid);

/** who_can_search() - may it go through a directory with this owner and mode? Pure; no ACL. */
bool who_can_search(const struct who *w, const struct stat *st);

/** who_is_powerful() - a group whose members can become root, or read what is root's */
bool who_is_powerful(gid_t gid);

/** who_group_name() - until the next call; "?" if it has none */
const char *who_group_name(gid_t gid);
