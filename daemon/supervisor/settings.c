/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_table.h"
#include "daemon/supervisor/logs.h"

static int no_account(
	struct config_problem *p, const char *path, const char *key, const char *name, int error)
{
	char what[sizeof(p->what)];
	char remedy[sizeof(p->remedy)];

	(void)snprintf(what, sizeof(what), "%s '%.100s' %s", key, name,
		error == -ENOENT ? "does not exist" : "cannot be looked up");
	(void)snprintf(remedy, sizeof(remedy),
		"create it (useradd --system, groupadd --system), or set %s", key);
	return config_problem_set(p, path, 0, what, remedy);
}

static int resolve_manager(struct settings *s, const char *path, struct config_problem *p)
{
	int r = ident_resolve_bare(s->config->manager_user, &s->manager);

	if (r == -ENOMEM)
		return r;
	if (r)
		return no_account(p, path, "manager_user", s->config->manager_user, r);
	if (s->manager.uid == 0 || s->manager.gid == 0)
		return config_problem_set(p, path, 0, "manager_user is root, or in root's group",
			"give it an account of its own without any rights");
	return 0;
}

/* Who Apache is; without the account only the sites that name no user are lost. */
static void resolve_apache_user(struct settings *s)
{
	uid_t uid;
	gid_t gid;

	if (ident_find_user(s->config->apache_user, &uid, &gid) || uid == 0 || s->socket_gid == 0)
		return;
	s->host.has_apache = true;
	s->host.apache_uid = uid;
	s->host.apache_gid = s->socket_gid;
}

/* Of ourselves; 0 if it cannot be known. */
static int read_oom_score_adj(void)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	int64_t value = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return str_parse_int(text, -1000, 1000, &value) ? (int)value : 0;
}

static int resolve_accounts(struct settings *s, const char *path, struct config_problem *p)
{
	int r;

	s->host.own_uid = geteuid();
	s->host.own_gid = getegid();
	s->host.oom_score_adj = read_oom_score_adj();
	s->host.is_privileged = s->host.own_uid == 0;
	s->socket_gid = s->host.own_gid;
	if (!s->host.is_privileged)
		return 0;
	r = ident_find_group(s->config->apache_group, &s->socket_gid);
	if (r == -ENOMEM)
		return r;
	if (r)
		return no_account(p, path, "apache_group", s->config->apache_group, r);
	s->has_admin = *s->config->admin_group != '\0';
	if (s->has_admin)
		r = ident_find_group(s->config->admin_group, &s->admin_gid);
	if (r == -ENOMEM)
		return r;
	if (r)
		return no_account(p, path, "admin_group", s->config->admin_group, r);
	resolve_apache_user(s);
	return resolve_manager(s, path, p);
}

int settings_read(const char *path, const struct settings *last, struct settings **ret_settings,
	struct config_problems *ret_problems)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct config_problem problem;
	size_t i;
	int r;

	if (!s)
		return -ENOMEM;
	ident_init(&s->manager);
	r = config_read(path, last ? &last->bundle : NULL, &s->config, &s->bundle, ret_problems);
	if (r == 0) {
		r = resolve_accounts(s, path, &problem);
		if (r > 0)
			config_problems_add(ret_problems, &problem);
	}
	/* those who want to know all that is wrong */
	for (i = 0; r > 0 && s->config && i < s->config->problems.count; i++)
		config_problems_add(ret_problems, &s->config->problems.item[i]);
	if (r) {
		settings_free(s);
		return r;
	}
	*ret_settings = s;
	return 0;
}

struct settings *settings_free(struct settings *s)
{
	if (!s)
		return NULL;
	s->config = config_free(s->config);
	ident_deinit(&s->manager);
	free(s->bundle.data);
	free(s);
	return NULL;
}

static void check_program(const struct settings *s, const char *path, const char *binary,
	struct config_problems *ret_problems)
{
	struct path_check_fault *fault = malloc(sizeof(*fault));
	struct config_problem problem;
	int fd = -1;
	int r;

	if (!fault)
		return;
	r = path_check_open(binary, PATH_CHECK_PROGRAM, s->host.own_uid, &fd, fault);
	(void)fd_close(fd);
	if (r) {
		(void)config_problem_set_path(&problem, path, r, fault);
		config_problems_add(ret_problems, &problem);
	}
	free(fault);
}

/* Return: 0; 1 and one problem */
static int check_shim_user(const struct settings *s, const char *path, const char *name,
	struct config_problem *ret_problem)
{
	char what[sizeof(ret_problem->what)];
	char remedy[sizeof(ret_problem->remedy)];
	struct ident i;
	uid_t uid;
	gid_t gid;
	bool is_in = false;
	int r = ident_find_user(name, &uid, &gid);

	if (r)
		return no_account(ret_problem, path, "shim_users", name, r);
	if (uid == 0 || ident_resolve(uid, gid, &i) != REASON_NONE)
		return 0;
	for (size_t k = 0; k < i.group_count; k++)
		is_in = is_in || i.groups[k] == s->socket_gid;
	ident_deinit(&i);
	if (is_in)
		return 0;
	(void)snprintf(what, sizeof(what), "shim_users '%.60s' is not in apache_group '%.60s'",
		name, s->config->apache_group);
	(void)snprintf(remedy, sizeof(remedy), "usermod -aG %.60s %.60s, then restart that Apache",
		s->config->apache_group, name);
	return config_problem_set(ret_problem, path, 0, what, remedy);
}

void settings_check(const struct settings *s, const char *path, const char *manager_binary,
	struct config_problems *ret_problems)
{
	const struct config *c = s->config;
	struct config_problem problem;
	size_t i;

	check_program(s, path, manager_binary, ret_problems);
	for (i = 0; i < c->problems.count; i++)
		config_problems_add(ret_problems, &c->problems.item[i]);
	for (i = 0; i < c->handler_count; i++)
		check_program(s, path, c->handlers[i].binary, ret_problems);
	if (s->host.is_privileged && !s->host.has_apache) {
		(void)no_account(&problem, path, "apache_user", c->apache_user, -ENOENT);
		config_problems_add(ret_problems, &problem);
	}
	for (i = 0; s->host.is_privileged && i < c->shim_users.count; i++) {
		if (check_shim_user(s, path, c->shim_users.item[i], &problem))
			config_problems_add(ret_problems, &problem);
	}
	if (logs_check(s, path, &problem))
		config_problems_add(ret_problems, &problem);
}

const char *settings_find_fixed_change(const struct settings *old, const struct settings *new)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		if (table[i].section == CONFIG_SECTION_TOP && table[i].is_fixed &&
			config_differs_in(&table[i], old->config, new->config))
			return table[i].name;
	}
	return NULL;
}
