/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/reset_flag.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/criu/errand.h"
#include "daemon/criu/sweep.h"

/* What the child takes along. */
struct errand {
	const struct reset_flag_user *who; /* borrowed */
	char name[NAME_MAX + 1];
};

static int open_how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Return: the directory that @path is in, with no link on the way; -errno */
static int open_parent(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	int fd;

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(parent))
		return -EINVAL;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	fd = open_how(AT_FDCWD, parent, O_PATH | O_DIRECTORY,
		RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	*ret_name = slash + 1;
	return fd < 0 ? -errno : fd;
}

/* Its directory belongs to httpd's user, who may ask for a reset; so nothing in it is followed. */
enum reset_flag reset_flag_global(
	const struct store *s, const char *path, size_t *ret_count, struct why *ret_why)
{
	const char *name = NULL;
	ATTR_CLEANUP(fd_cleanup) int dir = open_parent(path, &name);
	struct stat st;

	if (dir == -ENOENT)
		return RESET_FLAG_ABSENT;
	if (dir < 0) {
		why_set(ret_why, "%s cannot be looked for: %s", path, err_name(dir));
		return RESET_FLAG_E_OTHER;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return RESET_FLAG_ABSENT;
	/* the flag goes last: if we are ended before, the next one begins anew */
	if (sweep_reset(s, NULL, name, ret_count, ret_why) < 0)
		return RESET_FLAG_E_OTHER;
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT) {
		why_set(ret_why, "%s cannot be removed: %s", path, err_name(errno));
		return RESET_FLAG_STAYS;
	}
	return RESET_FLAG_FOUND;
}

static bool become(const struct reset_flag_user *who)
{
	if (geteuid() == 0 && setgroups(1, &who->gid) < 0)
		return false;
	if (setresgid(who->gid, who->gid, who->gid) < 0 ||
		setresuid(who->uid, who->uid, who->uid) < 0)
		return false;
	/* the memory is that of root's process: nobody of this user's may trace it */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

/* As the user. What is not his own regular file is no flag; nothing is opened, so nothing waits. */
static enum reset_flag look(int home, const char *name, uid_t uid)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = open_how(
		home, name, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? RESET_FLAG_ABSENT : RESET_FLAG_E_OTHER;
	if (fstat(fd, &st) < 0)
		return RESET_FLAG_E_OTHER;
	if (!S_ISREG(st.st_mode) || st.st_uid != uid)
		return RESET_FLAG_ABSENT;
	return unlinkat(home, name, 0) == 0 ? RESET_FLAG_FOUND : RESET_FLAG_STAYS;
}

static int run(const void *arg)
{
	const struct errand *e = arg;
	ATTR_CLEANUP(fd_cleanup) int home = -1;

	/* if this never comes back, it holds no lock and no pipe of ours */
	if (close_range(3, UINT_MAX, 0) < 0 || !become(e->who))
		return RESET_FLAG_E_OTHER;
	/* links on the way to the home are the administrator's */
	home = open_how(AT_FDCWD, e->who->home, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
	if (home < 0)
		return errno == ENOENT ? RESET_FLAG_ABSENT : RESET_FLAG_E_OTHER;
	return (int)look(home, e->name, e->who->uid);
}

enum reset_flag reset_flag_user(
	const struct reset_flag_user *who, uint32_t limit_ms, struct why *ret_why)
{
	struct errand e = { .who = who };
	int r;

	if (who->home[0] != '/' || who->server[0] == '\0' || strchr(who->server, '/') ||
		snprintf(e.name, sizeof(e.name), RESET_FLAG_USER "%s", who->server) >=
			(int)sizeof(e.name))
		return RESET_FLAG_ABSENT;
	r = errand_run(run, &e, limit_ms);
	switch (r) {
	case RESET_FLAG_ABSENT:
	case RESET_FLAG_FOUND:
		return (enum reset_flag)r;
	case RESET_FLAG_STAYS:
		why_set(ret_why, "%s/%s cannot be removed by its user", who->home, e.name);
		return RESET_FLAG_STAYS;
	case -ETIMEDOUT:
		why_set(ret_why, "%s does not answer: no look for %s", who->home, e.name);
		return RESET_FLAG_E_LATE;
	default:
		why_set(ret_why, "%s/%s cannot be looked for as its user%s%s", who->home, e.name,
			r < 0 ? ": " : "", r < 0 ? err_name(r) : "");
		return RESET_FLAG_E_OTHER;
	}
}
