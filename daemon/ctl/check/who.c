/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/who.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

int who_find(const char *name, struct who *ret)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct passwd *pw = getpwnam(name);
	int count = 64;
	gid_t *groups = NULL;

	*ret = (struct who){ .group_count = 0 };
	if (!pw)
		return -ENOENT;
	for (;;) {
		gid_t *more = reallocarray(groups, (size_t)count, sizeof(*groups));

		if (!more)
			break;
		groups = more;
		if (getgrouplist(name, pw->pw_gid, groups, &count) >= 0) {
			*ret = (struct who){
				.uid = pw->pw_uid,
				.gid = pw->pw_gid,
				.groups = groups,
				.group_count = (size_t)count,
			};
			return 0;
		}
		if (count > WHO_MAX_GROUPS)
			break;
	}
	free(groups);
	return -ENOMEM;
}

void who_deinit(struct who *w)
{
	free(w->groups);
	*w = (struct who){ .group_count = 0 };
}

bool who_has_group(const struct who *w, gid_t gid)
{
	for (size_t i = 0; i < w->group_count; i++)
		if (w->groups[i] == gid)
			return true;
	return false;
}

bool who_can_search(const struct who *w, const struct stat *st)
{
	if (w->uid == 0)
		return true;
	if (w->uid == st->st_uid)
		return st->st_mode & S_IXUSR;
	if (who_has_group(w, st->st_gid))
		return st->st_mode & S_IXGRP;
	return st->st_mode & S_IXOTH;
}

const char *who_group_name(gid_t gid)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct group *g = getgrgid(gid);

	return g ? g->gr_name : "?";
}

bool who_is_powerful(gid_t gid)
{
	static const char *const names[] = { "root", "sudo", "wheel", "admin", "shadow", "disk",
		"kmem", "docker", "lxd", "incus-admin", "libvirt" };
	const char *name = who_group_name(gid);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return gid == 0;
}
