/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/ident.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An entry of a directory service with thousands of members; beyond it something is wrong. */
#define ENTRY_MAX_BYTES (1024U * 1024U)
/* NGROUPS_MAX of Linux */
#define GROUPS_MAX 65536

void ident_init(struct ident *i)
{
	*i = (struct ident){ .groups = NULL };
}

void ident_deinit(struct ident *i)
{
	free(i->groups);
	free(i->name);
	ident_init(i);
}

/* By name if there is one, else by number. @ret_buffer: free it after @ret_pw is done with. */
static int find_passwd(const char *name, uid_t uid, struct passwd *ret_pw, char **ret_buffer)
{
	size_t size;

	for (size = 4096; size <= ENTRY_MAX_BYTES; size *= 4) {
		struct passwd *found = NULL;
		char *buffer = malloc(size);
		int r;

		if (!buffer)
			return -ENOMEM;
		r = name ? getpwnam_r(name, ret_pw, buffer, size, &found)
			 : getpwuid_r(uid, ret_pw, buffer, size, &found);
		if (found) {
			*ret_buffer = buffer;
			return 0;
		}
		free(buffer);
		if (r != ERANGE)
			return r ? -r : -ENOENT;
	}
	return -ERANGE;
}

static int find_group(const char *name, gid_t gid, gid_t *ret_gid)
{
	size_t size;

	for (size = 4096; size <= ENTRY_MAX_BYTES; size *= 4) {
		struct group gr;
		struct group *found = NULL;
		char *buffer = malloc(size);
		int r;

		if (!buffer)
			return -ENOMEM;
		r = name ? getgrnam_r(name, &gr, buffer, size, &found)
			 : getgrgid_r(gid, &gr, buffer, size, &found);
		if (found)
			*ret_gid = gr.gr_gid;
		free(buffer);
		if (found)
			return 0;
		if (r != ERANGE)
			return r ? -r : -ENOENT;
	}
	return -ERANGE;
}

static int find_groups(const char *user, gid_t gid, struct ident *i)
{
	int count = 64;

	while (count <= GROUPS_MAX) {
		int asked = count;
		gid_t *groups = calloc((size_t)count, sizeof(*groups));

		if (!groups)
			return -ENOMEM;
		if (getgrouplist(user, gid, groups, &count) >= 0) {
			i->groups = groups;
			i->group_count = (size_t)count;
			return 0;
		}
		free(groups);
		if (count <= asked)
			count = asked * 2;
	}
	return -ERANGE;
}

enum reason ident_resolve(uid_t uid, gid_t gid, struct ident *ret_ident)
{
	struct ident i = { .uid = uid, .gid = gid };
	struct passwd pw;
	char *buffer = NULL;
	gid_t found;
	int r = find_passwd(NULL, uid, &pw, &buffer);

	if (r)
		return r == -ENOMEM ? REASON_INTERNAL : REASON_USER_UNKNOWN;
	r = find_group(NULL, gid, &found);
	if (r) {
		free(buffer);
		return r == -ENOMEM ? REASON_INTERNAL : REASON_GROUP_UNKNOWN;
	}
	r = find_groups(pw.pw_name, gid, &i);
	i.name = strdup(pw.pw_name);
	free(buffer);
	if (r || !i.name) {
		ident_deinit(&i);
		return REASON_INTERNAL;
	}
	*ret_ident = i;
	return REASON_NONE;
}

char *ident_find_name(uid_t uid)
{
	struct passwd pw;
	char *buffer = NULL;
	char *name;

	if (find_passwd(NULL, uid, &pw, &buffer))
		return NULL;
	name = strdup(pw.pw_name);
	free(buffer);
	return name;
}

int ident_find_home(uid_t uid, char **ret_home)
{
	struct passwd pw;
	char *buffer = NULL;
	char *home;
	int r = find_passwd(NULL, uid, &pw, &buffer);

	if (r)
		return r;
	home = strdup(pw.pw_dir);
	free(buffer);
	if (!home)
		return -ENOMEM;
	*ret_home = home;
	return 0;
}

gid_t ident_find_private_group(uid_t uid)
{
	struct passwd pw;
	char *buffer = NULL;
	gid_t gid = 0;
	bool is_own;

	if (find_passwd(NULL, uid, &pw, &buffer))
		return 0;
	is_own = find_group(pw.pw_name, 0, &gid) == 0 && gid == pw.pw_gid;
	free(buffer);
	return is_own ? gid : 0;
}

int ident_find_user(const char *user, uid_t *ret_uid, gid_t *ret_gid)
{
	struct passwd pw;
	char *buffer = NULL;
	int r = find_passwd(user, 0, &pw, &buffer);

	if (r)
		return r;
	*ret_uid = pw.pw_uid;
	*ret_gid = pw.pw_gid;
	free(buffer);
	return 0;
}

int ident_find_group(const char *group, gid_t *ret_gid)
{
	return find_group(group, 0, ret_gid);
}

int ident_resolve_bare(const char *user, struct ident *ret_ident)
{
	struct ident i = { .group_count = 1 };
	int r = ident_find_user(user, &i.uid, &i.gid);

	if (r)
		return r;
	i.groups = calloc(1, sizeof(*i.groups));
	if (!i.groups)
		return -ENOMEM;
	i.groups[0] = i.gid;
	*ret_ident = i;
	return 0;
}
