/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/base/str.h"
#include "daemon/config/config_merge.h"

void launch_init(struct launch *l)
{
	*l = (struct launch){ .spec_text = NULL };
	ident_init(&l->ident);
	environ_init(&l->env);
}

void launch_deinit(struct launch *l)
{
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

/*
 * The administrator's ceiling holds whatever the manager says. Lowered, not refused: during a
 * reload the manager may still work by the former files.
 */
static void apply_cap(struct launch *l, const struct settings *s)
{
	struct config_setting origin;
	uint32_t cap;

	if (!l->ident.name && s->config->has_named_user)
		l->ident.name = ident_find_name(l->order.uid);
	cap = config_merge_cap(
		s->config, config_find_pool_of(s->config, &l->spec, l->ident.name), &origin);
	if (cap && l->order.children > cap)
		l->order.children = cap;
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
		fail(f, r == PATH_CHECK_E_MISSING ? REASON_BINARY_MISSING : REASON_BINARY_UNSAFE,
			PRIV_STEP_BINARY, fault->system_errno);
		(void)snprintf(
			f->text, sizeof(f->text), "%.100s %s", fault->at, path_check_text(r));
	}
	free(fault);
}

static void build(struct launch *l, struct launch_failure *f)
{
	(void)snprintf(l->title, sizeof(l->title), "lsphp:%.100s", l->order.name);
	l->argv[0] = l->title;
	environ_fill_lsphp(&l->env, &l->order, &l->spec);
	if (l->env.has_failed)
		fail(f, REASON_INTERNAL, PRIV_STEP_FORK, ENOMEM);
}

void launch_prepare(struct launch *l, const struct settings *settings, int spec_fd,
	struct launch_failure *ret_failure)
{
	struct launch_failure *f = ret_failure;

	*f = (struct launch_failure){ .reason = REASON_NONE };
	read_spec(l, spec_fd, f);
	if (f->reason == REASON_NONE) {
		enum reason reason = policy_check(settings->config, &settings->host, &l->spec,
			&l->order, f->text, sizeof(f->text));

		if (reason != REASON_NONE)
			fail(f, reason, PRIV_STEP_POLICY, 0);
	}
	if (f->reason == REASON_NONE)
		resolve(l, settings, f);
	if (f->reason == REASON_NONE)
		check_docroot(l, settings, f);
	if (f->reason == REASON_NONE)
		check_binary(l, settings, f);
	if (f->reason == REASON_NONE) {
		apply_cap(l, settings);
		build(l, f);
	}
}

void launch_plan(
	struct launch *l, int listener_fd, int stderr_fd, pid_t parent, struct child_plan *ret_plan)
{
	*ret_plan = (struct child_plan){
		.binary = l->order.handler->binary,
		.argv = l->argv,
		.envp = l->env.item,
		.fd = { listener_fd, stderr_fd, stderr_fd },
		.fd_count = 3,
		.has_identity = l->is_privileged,
		.uid = l->ident.uid,
		.gid = l->ident.gid,
		.groups = l->ident.groups,
		.group_count = l->ident.group_count,
		.can_dump_core = l->order.has_coredump,
		/* sites send mail by setgid programs */
		.can_gain = true,
		.umask = 022,
		.death_signal = SIGTERM,
		.parent = parent,
	};
}
