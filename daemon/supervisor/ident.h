#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Who a process will be: account and all its groups, resolved by the supervisor before a fork. */

#include <stddef.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "proto/reason.h"

struct ident {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned; with @gid among them */
	size_t group_count;
	char *name; /* owned: of the account; NULL if it was not looked up */
};

void ident_init(struct ident *i);
void ident_deinit(struct ident *i);

/**
 * ident_resolve() - account of @uid with @gid as its group
 *
 * Any account may be given any group above the floors, as httpd's suexec does; the other groups
 * are those of the account.
 *
 * Return: REASON_NONE; REASON_USER_UNKNOWN, REASON_GROUP_UNKNOWN, REASON_INTERNAL (memory).
 */
enum reason ident_resolve(uid_t uid, gid_t gid, struct ident *ret_ident);

/** ident_find_name() - name of the account with this number. Return: NULL: there is none */
char *ident_find_name(uid_t uid);

/** ident_find_home() - home directory of the account, *ret_home to free. Return: 0; -errno */
int ident_find_home(uid_t uid, char **ret_home) ATTR_MUST_USE;

/** ident_resolve_bare() - account by name, with its own group and no other. Return: 0; -errno */
int ident_resolve_bare(const char *user, struct ident *ret_ident) ATTR_MUST_USE;

/**
 * ident_find_private_group() - the group that only this account is in: its own, with its name
 *
 * Return: 0 (root's) if its own group has another name, and so may be that of many.
 */
gid_t ident_find_private_group(uid_t uid);

/** ident_find_user() - Return: 0; -ENOENT if there is no such account; other -errno */
int ident_find_user(const char *user, uid_t *ret_uid, gid_t *ret_gid) ATTR_MUST_USE;

/** ident_find_group() - Return: 0; -ENOENT if there is no such group; other -errno */
int ident_find_group(const char *group, gid_t *ret_gid) ATTR_MUST_USE;
