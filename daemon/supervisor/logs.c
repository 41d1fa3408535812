/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/supervisor/supervisor.h"

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

int logs_check(const struct settings *s, const char *path, struct config_problem *ret_problem)
{
	int fd = -1;
	int r;

	if (log_target_parse(s->config->log_target) != LOG_TARGET_FILE)
		return 0;
	r = open_file(s, s->config->log_target, false, &fd, ret_problem);
	(void)fd_close(fd);
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
