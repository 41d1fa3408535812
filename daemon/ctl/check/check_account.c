/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/check/check.h"
#include "daemon/ctl/check/who.h"

void check_account_manager(struct check *c)
{
	const char *name = c->config->manager_user;
	struct who w;

	if (who_find(name, &w)) {
		check_add(
			c, CHECK_PROBLEM, c->config_path, "manager_user '%s' does not exist", name);
		check_remedy(c, "useradd --system --no-create-home %s", name);
		return;
	}
	if (w.uid == 0 || w.gid == 0) {
		check_add(c, CHECK_PROBLEM, c->config_path,
			"manager_user '%s' is root, or in root's group", name);
		check_remedy(c, "give it an account of its own without any rights");
	}
	for (size_t i = 0; i < w.group_count; i++) {
		if (!who_is_powerful(w.groups[i]))
			continue;
		check_add(c, CHECK_WARNING, NULL, "manager_user '%s' is in group %s", name,
			who_group_name(w.groups[i]));
		check_remedy(c, "gpasswd -d %s %s", name, who_group_name(w.groups[i]));
	}
	who_deinit(&w);
}

void check_account_apache(struct check *c)
{
	const char *user = c->config->apache_user, *group = c->config->apache_group;
	struct who w;

	if (who_find(user, &w)) {
		check_add(
			c, CHECK_PROBLEM, c->config_path, "apache_user '%s' does not exist", user);
		check_remedy(c, "set apache_user to the User of Apache's configuration");
	} else if (w.uid == 0) {
		check_add(c, CHECK_PROBLEM, c->config_path, "apache_user '%s' is root", user);
		check_remedy(c, "let Apache's children run as an account of their own (User)");
	}
	who_deinit(&w);
	if (!getgrnam(group)) { /* NOLINT(concurrency-mt-unsafe): one thread */
		check_add(c, CHECK_PROBLEM, c->config_path, "apache_group '%s' does not exist",
			group);
		check_remedy(c, "set apache_group to the Group of Apache's configuration");
	}
}

/* Sites without an owner run as that account, and a hole in any of them has its rights. */
void check_account_groups(struct check *c)
{
	const char *admin = c->config->admin_group;
	struct who w;

	if (who_find(c->config->apache_user, &w))
		return; /* told already */
	for (size_t i = 0; i < w.group_count; i++) {
		const char *name = who_group_name(w.groups[i]);
		bool is_admin = *admin && strcmp(name, admin) == 0;

		if (!is_admin && !who_is_powerful(w.groups[i]))
			continue;
		check_add(c, CHECK_PROBLEM, NULL, "apache_user '%s' is in group %s%s",
			c->config->apache_user, name,
			is_admin ? ", which steers lsapid (admin_group)" : "");
		check_remedy(
			c, "gpasswd -d %s %s, then restart Apache", c->config->apache_user, name);
	}
	who_deinit(&w);
}

void check_account_shims(struct check *c)
{
	const struct config_names *shims = &c->config->shim_users;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct group *g = getgrnam(c->config->apache_group);
	gid_t gid = g ? g->gr_gid : (gid_t)-1;

	for (size_t i = 0; i < shims->count; i++) {
		const char *name = shims->item[i];
		struct who w;

		if (who_find(name, &w)) {
			check_add(c, CHECK_PROBLEM, c->config_path,
				"shim_users: there is no account '%s'", name);
			check_remedy(c, "create it, or take it out of shim_users");
		} else if (g && !who_has_group(&w, gid) && w.uid != 0) {
			check_add(c, CHECK_PROBLEM, c->config_path,
				"shim_users: '%s' is not in apache_group '%s': it can not connect",
				name, c->config->apache_group);
			check_remedy(c, "usermod -aG %s %s, then restart that Apache",
				c->config->apache_group, name);
		}
		who_deinit(&w);
	}
}
