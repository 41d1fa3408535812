/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* An entry of a directory service; beyond it something is wrong. */
#define ENTRY_MAX_BYTES (1024U * 1024U)

void accounts_init(struct accounts *a)
{
	map_init(&a->by_uid);
}

void accounts_deinit(struct accounts *a)
{
	size_t i;

	for (i = 0; i < a->by_uid.capacity; i++)
		free(a->by_uid.slot[i].value);
	map_deinit(&a->by_uid);
}

/* Return: malloc'ed; "" if there is no such account; NULL: no memory. */
static char *look_up(uid_t uid)
{
	size_t size;

	for (size = 4096; size <= ENTRY_MAX_BYTES; size *= 4) {
		struct passwd pw, *found = NULL;
		char *buffer = malloc(size);
		char *name = NULL;
		int r;

		if (!buffer)
			return NULL;
		r = getpwuid_r(uid, &pw, buffer, size, &found);
		if (r != ERANGE)
			name = strdup(found ? found->pw_name : "");
		free(buffer);
		if (r != ERANGE)
			return name;
	}
	return strdup("");
}

const char *accounts_known(const struct accounts *a, uid_t uid)
{
	const char *name = map_find(&a->by_uid, uid);

	return name && *name ? name : NULL;
}

const char *accounts_name(struct accounts *a, uid_t uid)
{
	char *name = map_find(&a->by_uid, uid);

	if (!name) {
		name = look_up(uid);
		if (!name || map_put(&a->by_uid, uid, name)) {
			free(name);
			return NULL;
		}
	}
	return *name ? name : NULL;
}

bool accounts_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	bool is_found = false;
	size_t size;

	for (size = 4096; size <= ENTRY_MAX_BYTES; size *= 4) {
		struct passwd pw, *found = NULL;
		char *buffer = malloc(size);
		int r;

		if (!buffer)
			return false;
		r = getpwnam_r(name, &pw, buffer, size, &found);
		is_found = r == 0 && found;
		if (is_found) {
			*ret_uid = found->pw_uid;
			*ret_gid = found->pw_gid;
		}
		free(buffer);
		if (r != ERANGE)
			break;
	}
	return is_found;
}

bool accounts_find_uid(const char *name, uid_t *ret_uid)
{
	gid_t unused;

	return accounts_find_user(name, ret_uid, &unused);
}

bool accounts_find_gid(const char *name, gid_t *ret_gid)
{
	bool is_found = false;
	size_t size;

	for (size = 4096; size <= ENTRY_MAX_BYTES; size *= 4) {
		struct group gr, *found = NULL;
		char *buffer = malloc(size);
		int r;

		if (!buffer)
			return false;
		r = getgrnam_r(name, &gr, buffer, size, &found);
		is_found = r == 0 && found;
		if (is_found)
			*ret_gid = found->gr_gid;
		free(buffer);
		if (r != ERANGE)
			break;
	}
	return is_found;
}
