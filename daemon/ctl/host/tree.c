/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"

#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)
#define PERMISSIONS        07777U
/* beside the file that it becomes; a name that is taken was left over by a crash */
#define TEMPORARY ".lsapid-new"

int tree_open(struct tree *t, const char *path)
{
	t->path = path && strcmp(path, "/") != 0 ? path : "";
	t->own_uid = geteuid();
	t->root = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return t->root < 0 ? -errno : 0;
}

void tree_close(struct tree *t)
{
	t->root = fd_close(t->root);
}

/* Return: a descriptor; -errno */
static int open_below(const struct tree *t, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, t->root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int tree_stat(const struct tree *t, const char *path, struct stat *ret)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open_below(t, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

bool tree_exists(const struct tree *t, const char *path)
{
	struct stat st;

	return tree_stat(t, path, &st) == 0;
}

bool tree_is_directory(const struct tree *t, const char *path)
{
	struct stat st;

	return tree_stat(t, path, &st) == 0 && S_ISDIR(st.st_mode);
}

int tree_read(const struct tree *t, const char *path, char **ret_text)
{
	/* a fifo must not make anybody wait */
	ATTR_CLEANUP(fd_cleanup) int fd = open_below(t, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t size;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = fd_read_all(fd, TREE_MAX_FILE, ret_text, &size);
	if (r == 0 && strlen(*ret_text) != size) {
		free(*ret_text);
		r = -EINVAL;
	}
	return r;
}

/* --- directories --------------------------------------------------------------------------- */

static int check_directory(const struct tree *t, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 && st.st_uid != t->own_uid)
		return -EPERM;
	return st.st_mode & WRITABLE_BY_OTHERS && !(st.st_mode & S_ISVTX) ? -EPERM : 0;
}

/*
 * The directory that @path is in. Each one on the way is checked, by all the names that lead to it:
 * as they are root's alone, nobody else can exchange one afterwards.
 */
static int open_parent(const struct tree *t, const char *path, int *ret_dir, const char **ret_name)
{
	char prefix[PATH_MAX];
	const char *slash = path;
	const char *name = strrchr(path, '/');
	int fd = -1;
	int r;

	if (path[0] != '/' || !name[1] || strcmp(name, "/..") == 0 || strcmp(name, "/.") == 0 ||
		!str_copy(prefix, sizeof(prefix), path))
		return -EINVAL;
	do {
		size_t size = (size_t)(slash - path);

		(void)fd_close(fd);
		prefix[size] = '\0';
		fd = open_below(t, size ? prefix : "/", O_PATH | O_DIRECTORY);
		prefix[size] = '/';
		r = fd < 0 ? fd : check_directory(t, fd);
		slash = r == 0 && slash < name ? strchr(slash + 1, '/') : NULL;
	} while (slash);
	if (r < 0) {
		(void)fd_close(fd);
		return r;
	}
	*ret_dir = fd;
	*ret_name = name + 1;
	return 0;
}

int tree_may_change(const struct tree *t, const char *path)
{
	const char *name;
	int dir = -1;
	int r = open_parent(t, path, &dir, &name);

	(void)fd_close(dir);
	return r;
}

static int read_target(int dir, const char *name, char **ret)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(dir, name, target, sizeof(target));

	if (size < 0)
		return -errno;
	if ((size_t)size == sizeof(target))
		return -ENAMETOOLONG;
	*ret = strndup(target, (size_t)size);
	return *ret ? 0 : -ENOMEM;
}

int tree_state(const struct tree *t, const char *path, struct journal_state *ret)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	const char *name;
	struct stat st;
	int r = open_parent(t, path, &dir, &name);

	*ret = (struct journal_state){ .kind = JOURNAL_NONE };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	ret->mode = st.st_mode & PERMISSIONS;
	ret->uid = st.st_uid;
	ret->gid = st.st_gid;
	if (S_ISLNK(st.st_mode)) {
		ret->kind = JOURNAL_LINK;
		return read_target(dir, name, &ret->target);
	}
	/* another name of it would keep what it was */
	if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		return -EMLINK;
	ret->kind = S_ISDIR(st.st_mode) ? JOURNAL_DIRECTORY : JOURNAL_FILE;
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? 0 : -EINVAL;
}

/* --- changes ------------------------------------------------------------------------------- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* What was written and is named now survives a power failure. */
static int sync_directory(int dir)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int temporary_name(char out[NAME_MAX + 1], const char *name)
{
	int size = snprintf(out, NAME_MAX + 1, ".%s%s", name, TEMPORARY);

	return size < 0 || size > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* The file under another name, complete. */
static int write_beside(
	int dir, const char *name, const struct journal_state *state, const char *text)
{
	ATTR_CLEANUP(fd_cleanup)
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	/* without privilege it is ours, whatever it was */
	if (r == 0 && fchown(fd, state->uid, state->gid) < 0 && geteuid() == 0)
		r = -errno;
	if (r == 0 && (fchmod(fd, state->mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

static int rename_over(int dir, const char *temporary, const char *name)
{
	if (renameat(dir, temporary, dir, name) < 0)
		return -errno;
	return sync_directory(dir);
}

int tree_write(
	const struct tree *t, const char *path, const struct journal_state *state, const char *text)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	char temporary[NAME_MAX + 1];
	const char *name;
	int r = open_parent(t, path, &dir, &name);

	r = r == 0 ? temporary_name(temporary, name) : r;
	if (r < 0)
		return r;
	(void)unlinkat(dir, temporary, 0);
	r = write_beside(dir, temporary, state, text);
	r = r == 0 ? rename_over(dir, temporary, name) : r;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

int tree_link(const struct tree *t, const char *path, const char *target)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	char temporary[NAME_MAX + 1];
	const char *name;
	int r = open_parent(t, path, &dir, &name);

	r = r == 0 ? temporary_name(temporary, name) : r;
	if (r < 0)
		return r;
	(void)unlinkat(dir, temporary, 0);
	if (symlinkat(target, dir, temporary) < 0)
		return -errno;
	r = rename_over(dir, temporary, name);
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

int tree_mkdir(const struct tree *t, const char *path, mode_t mode)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	const char *name;
	int r = open_parent(t, path, &dir, &name);

	if (r < 0)
		return r;
	/* the mode as it is asked for, whatever our umask is */
	if (mkdirat(dir, name, 0700) < 0 || fchmodat(dir, name, mode, 0) < 0)
		return -errno;
	return sync_directory(dir);
}

int tree_remove(const struct tree *t, const char *path)
{
	ATTR_CLEANUP(fd_cleanup) int dir = -1;
	const char *name;
	int r = open_parent(t, path, &dir, &name);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return sync_directory(dir);
	if (errno != EISDIR)
		return -errno;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : sync_directory(dir);
}

int tree_lock(const struct tree *t, const char *path, int *ret_fd)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open_below(t, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* --- names --------------------------------------------------------------------------------- */

void tree_names_deinit(struct tree_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct tree_names){ .count = 0 };
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_name(struct tree_names *names, const char *name)
{
	char **grown;

	if (names->count >= TREE_MAX_NAMES)
		return -E2BIG;
	if ((names->count & (names->count - 1)) == 0) {
		grown = reallocarray(
			names->name, names->count ? 2 * names->count : 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		names->name = grown;
	}
	names->name[names->count] = strdup(name);
	if (!names->name[names->count])
		return -ENOMEM;
	names->count++;
	return 0;
}

int tree_list(const struct tree *t, const char *path, struct tree_names *ret)
{
	int fd = open_below(t, path, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	*ret = (struct tree_names){ .count = 0 };
	if (!dir)
		return fd < 0 ? fd : -errno;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while (r == 0 && (e = readdir(dir)))
		r = e->d_name[0] == '.' ? 0 : add_name(ret, e->d_name);
	(void)closedir(dir);
	if (r < 0)
		tree_names_deinit(ret);
	else if (ret->count)
		qsort(ret->name, ret->count, sizeof(*ret->name), compare);
	return r;
}
