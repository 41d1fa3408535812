/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_log.h"
#include "daemon/config/config_merge.h"
#include "daemon/supervisor/ident.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/pool_spec.h"

void logs_init(struct logs *l)
{
	*l = (struct logs){ .target = LOG_TARGET_STDERR, .fd = -1 };
}

void logs_deinit(struct logs *l)
{
	l->fd = fd_close(l->fd);
}

static int open_in(const struct settings *s, const char *path, bool is_made, int *ret_fd,
	struct path_check_fault *fault)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	const char *name;
	int r = path_check_open_parent(path, s->host.own_uid, &dir, &name, fault);

	if (r || (!is_made && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return r;
	return path_check_append_in(dir, path, s->host.own_uid, s->host.own_gid, ret_fd, fault);
}

/* Return: 0; 1 and *ret_problem. Unless it @is_made, a file that is missing is all right. */
static int open_file(const struct settings *s, const char *path, bool is_made, int *ret_fd,
	struct config_problem *ret_problem)
{
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	int r;

	if (!fault)
		return config_problem_set(
			ret_problem, path, 0, "cannot be opened: no memory", "free some memory");
	r = open_in(s, path, is_made, ret_fd, fault);
	if (r)
		(void)config_problem_set_path(ret_problem, path, r, fault);
	free(fault);
	return r ? 1 : 0;
}

/* log_dir, made if it is missing. Return: as path_check_open() */
static int open_log_dir(const struct settings *s, int *ret_fd, struct path_check_fault *fault)
{
	const char *path = s->config->log_dir;
	ATTR_CLEANUP(fd_cleanup) int parent = -1;
	const char *name;
	int r = path_check_open(path, PATH_CHECK_DIRECTORY, s->host.own_uid, ret_fd, fault);

	if (r != PATH_CHECK_E_MISSING ||
		path_check_open_parent(path, s->host.own_uid, &parent, &name, fault))
		return r;
	/* users reach their own file by its name, and cannot list those of others */
	if (mkdirat(parent, name, 0711) == 0 && fchmodat(parent, name, 0711, 0) < 0)
		return r;
	return path_check_open(path, PATH_CHECK_DIRECTORY, s->host.own_uid, ret_fd, fault);
}

/* Return: 0 if it is good, or can be made; 1 and one problem */
static int check_log_dir(const struct settings *s, struct config_problem *ret_problem)
{
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	int fd = -1;
	int r = fault ? path_check_open(s->config->log_dir, PATH_CHECK_DIRECTORY, s->host.own_uid,
				&fd, fault)
		      : 0;

	(void)fd_close(fd);
	if (r == PATH_CHECK_E_MISSING && strcmp(fault->at, s->config->log_dir) == 0)
		r = 0;
	if (r)
		(void)config_problem_set_path(ret_problem, s->config->log_dir, r, fault);
	free(fault);
	return r ? 1 : 0;
}

static bool has_pool_log(const struct config *c)
{
	size_t i;

	for (i = 0; i < c->pool_count; i++) {
		if (c->pools[i]->log)
			return true;
	}
	return false;
}

int logs_check(const struct settings *s, const char *path, struct config_problem *ret_problem)
{
	int fd = -1;
	int r = 0;

	if (log_target_parse(s->config->log_target) == LOG_TARGET_FILE)
		r = open_file(s, s->config->log_target, false, &fd, ret_problem);
	(void)fd_close(fd);
	if (!r && has_pool_log(s->config))
		r = check_log_dir(s, ret_problem);
	if (r)
		(void)str_copy(ret_problem->file, sizeof(ret_problem->file), path);
	return r;
}

/* Where @s->settings say. What cannot be opened leaves the log where it is. */
static void switch_target(struct supervisor *s, const char *why)
{
	const char *text = s->settings->config->log_target;
	enum log_target target = log_target_parse(text);
	struct logs *l = &s->logs;
	struct config_problem problem;
	int fd = -1, copy = -1;

	if (target == LOG_TARGET_FILE && open_file(s->settings, text, true, &fd, &problem)) {
		log_error("log.open_failed", F_STR("file", text), F_STR("what", problem.what),
			F_STR("remedy", problem.remedy));
		return;
	}
	if (fd >= 0) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0) {
			log_error("log.open_failed", F_STR("file", text), F_ERRNO(errno));
			(void)fd_close(fd);
			return;
		}
	}
	(void)fd_close(l->fd);
	l->fd = fd;
	l->target = target;
	log_set_target(target, copy);
	log_notice("log.opened", F_STR("target", text), F_STR("why", why));
}

void logs_begin(struct supervisor *s)
{
	if (log_target_parse(s->settings->config->log_target) != LOG_TARGET_STDERR)
		switch_target(s, "start");
}

int logs_fill(const struct logs *l, struct priv_message *m, struct fdpass_set *fds)
{
	int fd;

	if (l->target == LOG_TARGET_SYSLOG)
		m->flags |= PRIV_LOG_SYSLOG;
	if (l->target != LOG_TARGET_FILE)
		return 0;
	fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	m->flags |= PRIV_LOG_FILE;
	fds->fd[fds->count++] = fd;
	return 0;
}

static void send_rotate(struct supervisor *s)
{
	struct priv_message m = { .type = PRIV_LOG_ROTATE };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	int r = logs_fill(&s->logs, &m, &fds);

	if (r < 0)
		log_error("log.not_sent", F_ERRNO(r));
	else
		link_send(s, &m, &fds);
}

void logs_reload(struct supervisor *s, const char *former_target)
{
	if (strcmp(former_target, s->settings->config->log_target) == 0)
		return;
	switch_target(s, "reload");
	send_rotate(s);
}

void logs_rotate(struct supervisor *s)
{
	if (log_target_parse(s->settings->config->log_target) == LOG_TARGET_FILE)
		switch_target(s, "rotate");
	send_rotate(s);
}

/* --- pools -------------------------------------------------------------------------------- */

static const struct config_pool *find_pool(
	const struct settings *s, const struct pool_spec *spec, uid_t uid)
{
	char *name = s->config->has_named_user ? ident_find_name(uid) : NULL;
	const struct config_pool *pool = config_find_pool_of(s->config, spec, name);

	free(name);
	return pool;
}

/** A log file that is to be opened. */
struct pool_file {
	enum config_log kind;
	char name[CONFIG_LOG_NAME_SIZE];
	const char *of; /* borrowed: the pool's name, for people */
	uid_t uid;
};

/* Return: 0 and the file; errno, and the log has the reason */
static int open_pool_file(const struct settings *s, const struct pool_file *f, int *ret_fd)
{
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	gid_t group = s->host.is_privileged && f->kind == CONFIG_LOG_OF_USER
			      ? ident_find_private_group(f->uid)
			      : s->host.own_gid;
	struct config_problem problem;
	char path[PATH_MAX];
	int r, error;

	if (!fault)
		return ENOMEM;
	(void)snprintf(path, sizeof(path), "%s/%s", s->config->log_dir, f->name);
	r = open_log_dir(s, &dir, fault);
	if (!r)
		r = path_check_append_in(dir, path, s->host.own_uid, group, ret_fd, fault);
	error = fault->system_errno ? fault->system_errno : EPERM;
	if (r) {
		(void)config_problem_set_path(&problem, path, r, fault);
		log_error("pool_log.open_failed", F_STR("pool", f->of), F_UINT("uid", f->uid),
			F_STR("file", path), F_STR("what", problem.what),
			F_STR("remedy", problem.remedy));
	}
	free(fault);
	return r ? error : 0;
}

int logs_open_pool(struct supervisor *s, uint64_t id, int spec_fd)
{
	struct priv_message m = { .type = PRIV_LOG_FD, .id = id };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	const struct config_pool *pool;
	struct pool_file file;
	struct pool_spec spec;
	char *text = NULL;
	uint64_t uid = 0;
	size_t size;
	int r = fd_is_sealed(spec_fd) ? fd_read_all(spec_fd, POOL_SPEC_MAX_BYTES, &text, &size)
				      : -EFBIG;

	if (r == -EFBIG)
		return 1;
	if (r < 0) {
		m.error = -r;
		link_send(s, &m, NULL);
		return 0;
	}
	if (pool_spec_parse(text, size, &spec) ||
		pool_spec_get_uint(&spec, SPEC_UID, 0, UINT32_MAX - 1, &uid)) {
		free(text);
		return 1;
	}
	pool = find_pool(s->settings, &spec, (uid_t)uid);
	file.uid = (uid_t)uid;
	file.of = pool ? pool->name : "-";
	file.kind = config_log_name(s->settings->config, pool, &spec, file.name);
	free(text);
	/* a reload may have taken it away since it was asked for */
	m.error = file.kind ? open_pool_file(s->settings, &file, &fds.fd[0]) : ENOENT;
	if (!m.error)
		fds.count = 1;
	link_send(s, &m, &fds);
	return 0;
}
