/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_table.h"
#include "daemon/supervisor/ini.h"

void launch_init(struct launch *l)
{
	*l = (struct launch){ .ini_fd = -1 };
	ident_init(&l->ident);
	environ_init(&l->env);
}

void launch_deinit(struct launch *l)
{
	l->ini_fd = fd_close(l->ini_fd);
	free(l->home);
	free(l->ini_text);
	environ_deinit(&l->env);
	ident_deinit(&l->ident);
	free(l->spec_text);
}

static void fail(struct launch_failure *f, enum reason reason, enum priv_step step, int error)
{
	f->reason = reason;
	f->step = step;
	f->error = error;
}

static void read_spec(struct launch *l, int spec_fd, struct launch_failure *f)
{
	size_t size = 0;
	int r = fd_read_all(spec_fd, POOL_SPEC_MAX_BYTES, &l->spec_text, &size);

	if (r < 0) {
		fail(f, r == -EFBIG ? REASON_BAD_SPEC : REASON_INTERNAL, PRIV_STEP_POLICY, -r);
		return;
	}
	r = pool_spec_parse(l->spec_text, size, &l->spec);
	if (r) {
		fail(f, REASON_BAD_SPEC, PRIV_STEP_POLICY, 0);
		(void)str_copy(f->text, sizeof(f->text), pool_spec_error_text(r));
	}
}

/* The name of a group, or its number, becomes the order's gid. */
static void resolve_group(struct launch *l, struct launch_failure *f)
{
	const char *group = l->order.group;
	uint64_t number;
	int r;

	if (!group)
		return;
	if (str_parse_uint(group, 0, UINT32_MAX - 1, &number)) {
		l->order.gid = (gid_t)number;
		return;
	}
	r = ident_find_group(group, &l->order.gid);
	if (r == 0)
		return;
	fail(f, r == -ENOENT ? REASON_GROUP_UNKNOWN : REASON_INTERNAL, PRIV_STEP_POLICY,
		r == -ENOENT ? 0 : -r);
	(void)snprintf(f->text, sizeof(f->text), "group %s", group);
}

static void judge(struct launch *l, const struct settings *s, struct launch_failure *f)
{
	enum reason reason = policy_check(s->config, &l->spec, &l->order, f->text, sizeof(f->text));

	if (reason == REASON_NONE) {
		resolve_group(l, f);
		if (f->reason != REASON_NONE)
			return;
		reason = policy_check_identity(
			s->config, &s->host, &l->order, f->text, sizeof(f->text));
	}
	if (reason != REASON_NONE)
		fail(f, reason, PRIV_STEP_POLICY, 0);
}

static void resolve(struct launch *l, const struct settings *s, struct launch_failure *f)
{
	enum reason reason;

	l->ident.uid = l->order.uid;
	l->ident.gid = l->order.gid;
	l->is_privileged = s->host.is_privileged;
	/* without privilege nothing is changed, so there is nothing to look up */
	if (!l->is_privileged)
		return;
	reason = ident_resolve(l->order.uid, l->order.gid, &l->ident);
	if (reason == REASON_NONE)
		return;
	fail(f, reason, PRIV_STEP_POLICY, 0);
	(void)snprintf(f->text, sizeof(f->text), "uid %u gid %u", l->order.uid, l->order.gid);
}

int launch_check_docroot(const char *path, uid_t uid)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		/* links that the kernel makes up (/proc/self/fd) lead out of every path */
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct stat st;

	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == uid || st.st_uid == 0 ? 0 : 1;
}

static void check_docroot(
	const struct launch *l, const struct settings *s, struct launch_failure *f)
{
	int r;

	if (!l->order.docroot || !s->config->has_document_root_check)
		return;
	r = launch_check_docroot(l->order.docroot, l->order.uid);
	if (r == 0)
		return;
	fail(f, REASON_DOCROOT_OWNER, PRIV_STEP_POLICY, r < 0 ? -r : 0);
	(void)str_copy(f->text, sizeof(f->text), l->order.docroot);
}

int launch_check_home(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? -errno : 0;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static void check_home(const struct launch *l, const struct settings *s, struct launch_failure *f)
{
	char *home = NULL;
	int r;

	if (!s->config->has_home_check)
		return;
	r = ident_find_home(l->order.uid, &home);
	if (r < 0) {
		fail(f, r == -ENOENT ? REASON_USER_UNKNOWN : REASON_INTERNAL, PRIV_STEP_POLICY, -r);
		(void)snprintf(f->text, sizeof(f->text), "uid %u", l->order.uid);
		return;
	}
	r = launch_check_home(home);
	if (r < 0) {
		fail(f, REASON_HOME_MISSING, PRIV_STEP_POLICY, -r);
		(void)snprintf(f->text, sizeof(f->text), "%.120s of uid %u", home, l->order.uid);
	}
	free(home);
}

const struct config_pool *launch_find_pool(struct launch *l, const struct settings *s)
{
	if (!l->ident.name && s->config->has_named_user)
		l->ident.name = ident_find_name(l->order.uid);
	return config_find_pool_of(s->config, &l->spec, l->ident.name);
}

/*
 * The administrator's ceiling holds whatever the manager says. Lowered, not refused: during a
 * reload the manager may still work by the former files.
 */
static void apply_cap(struct launch *l, const struct settings *s)
{
	struct config_setting origin;
	uint32_t cap;

	cap = config_merge_cap(s->config, launch_find_pool(l, s), &origin);
	if (cap && l->order.children > cap)
		l->order.children = cap;
}

static enum reason binary_reason(int path_error)
{
	if (path_error == PATH_CHECK_E_MISSING)
		return REASON_BINARY_MISSING;
	return path_error == PATH_CHECK_E_NOT_EXEC ? REASON_BINARY_NO_EXEC : REASON_BINARY_UNSAFE;
}

/* With the figures, if it has been looked at. */
static void describe_fault(
	const struct path_check_fault *fault, int path_error, char *text, size_t size)
{
	const char *what = path_check_text(path_error);

	if (fault->mode)
		(void)snprintf(text, size, "%.80s %s (owner uid %u, mode %04o)", fault->at, what,
			fault->owner, fault->mode & 07777);
	else
		(void)snprintf(text, size, "%.100s %s", fault->at, what);
}

static void check_binary(const struct launch *l, const struct settings *s, struct launch_failure *f)
{
	const char *binary = l->order.handler->binary;
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	int fd = -1;
	int r;

	if (!fault) {
		fail(f, REASON_INTERNAL, PRIV_STEP_BINARY, ENOMEM);
		return;
	}
	r = path_check_open(binary, PATH_CHECK_PROGRAM, s->host.own_uid, &fd, fault);
	(void)fd_close(fd);
	if (r) {
		fail(f, binary_reason(r), PRIV_STEP_BINARY, fault->system_errno);
		describe_fault(fault, r, f->text, sizeof(f->text));
	}
	free(fault);
}

/* A daemon that is to survive must not make its PHP survive everybody else, unless told so. */
static void choose_oom_score_adj(struct launch *l, const struct policy_host *host)
{
	l->has_oom_score_adj =
		l->order.oom_score_adj != CONFIG_UNSET_INT || host->oom_score_adj < 0;
	l->oom_score_adj = l->order.oom_score_adj != CONFIG_UNSET_INT ? l->order.oom_score_adj : 0;
}

/* For those settings that speak of it; without one PHP simply has no file there. */
static void find_home(struct launch *l)
{
	const char *phprc = l->order.phprc;

	if (!(l->order.has_user_ini && l->order.has_user_ini_home) &&
		!(phprc && strchr(phprc, '~')))
		return;
	if (ident_find_home(l->order.uid, &l->home) == 0 && l->home[0] == '/')
		l->order.home = l->home;
}

static void build(struct launch *l, struct launch_failure *f)
{
	int r = ini_build(&l->spec, &l->ini_text, &l->ini_size);

	if (r) {
		fail(f, r == -EINVAL ? REASON_BAD_SPEC : REASON_INTERNAL, PRIV_STEP_INI, -r);
		(void)str_copy(f->text, sizeof(f->text), "php_ini");
		return;
	}
	(void)snprintf(l->title, sizeof(l->title), "lsphp:%.100s", l->order.name);
	l->argv[0] = l->title;
	find_home(l);
	environ_fill_lsphp(&l->env, &l->order, &l->spec);
	if (l->ini_text)
		environ_add_scan_dir(&l->env, INI_SCAN_DIR);
	if (l->env.has_failed)
		fail(f, REASON_INTERNAL, PRIV_STEP_FORK, ENOMEM);
}

void launch_read(struct launch *l, const struct settings *settings, int spec_fd,
	struct launch_failure *ret_failure)
{
	struct launch_failure *f = ret_failure;

	*f = (struct launch_failure){ .reason = REASON_NONE };
	read_spec(l, spec_fd, f);
	if (f->reason == REASON_NONE)
		judge(l, settings, f);
	if (f->reason == REASON_NONE)
		resolve(l, settings, f);
}

void launch_prepare(struct launch *l, const struct settings *settings, int spec_fd,
	struct launch_failure *ret_failure)
{
	struct launch_failure *f = ret_failure;

	launch_read(l, settings, spec_fd, f);
	if (f->reason == REASON_NONE)
		check_home(l, settings, f);
	if (f->reason == REASON_NONE)
		check_docroot(l, settings, f);
	if (f->reason == REASON_NONE)
		check_binary(l, settings, f);
	if (f->reason == REASON_NONE) {
		apply_cap(l, settings);
		choose_oom_score_adj(l, &settings->host);
		l->is_batch = settings->config->has_batch_scheduling;
		build(l, f);
	}
}

bool launch_make_ini(struct launch *l, int dir, uint64_t number, struct launch_failure *ret_failure)
{
	int r;

	if (!l->ini_text)
		return false;
	r = ini_make(dir, number, l->ini_text, l->ini_size, &l->ini_fd);
	if (r == 0)
		return true;
	fail(ret_failure, REASON_START_FAILED, PRIV_STEP_INI, -r);
	(void)str_copy(ret_failure->text, sizeof(ret_failure->text), "php_ini: runtime_dir/ini");
	return false;
}

enum reason launch_reason(enum priv_step step, int error)
{
	/* since the change of user, exec refuses whose user has too many: execve(2), EAGAIN */
	if ((step == PRIV_STEP_FORK || step == PRIV_STEP_EXEC) && error == EAGAIN)
		return REASON_PROCESS_LIMIT;
	if (step != PRIV_STEP_EXEC)
		return REASON_START_FAILED;
	switch (error) {
	case EACCES:
	case EPERM:
	case ENOENT: /* the binary is there: it is its interpreter */
	case ENOTDIR:
	case ENOEXEC:
	case ELIBBAD:
	case EINVAL:
	case EISDIR:
	case ELOOP:
		return REASON_EXEC_FAILED;
	default:
		return REASON_START_FAILED;
	}
}

void launch_plan(
	struct launch *l, int listener_fd, int stderr_fd, pid_t parent, struct child_plan *ret_plan)
{
	*ret_plan = (struct child_plan){
		.binary = l->order.handler->binary,
		.argv = l->argv,
		.envp = l->env.item,
		.fd = { listener_fd, stderr_fd, stderr_fd, l->ini_fd },
		.fd_count = l->ini_fd >= 0 ? INI_FD + 1 : INI_FD,
		.has_identity = l->is_privileged,
		.uid = l->ident.uid,
		.gid = l->ident.gid,
		.groups = l->ident.groups,
		.group_count = l->ident.group_count,
		.can_dump_core = l->order.has_coredump,
		.has_nice = l->order.nice != CONFIG_UNSET_INT,
		.nice = l->order.nice,
		.has_oom_score_adj = l->has_oom_score_adj,
		.oom_score_adj = l->oom_score_adj,
		.is_batch = l->is_batch,
		.limits = l->order.limit,
		/* sites send mail by setgid programs */
		.can_gain = true,
		.is_bounded = true,
		.umask = 022,
		.death_signal = SIGTERM,
		.parent = parent,
	};
}
