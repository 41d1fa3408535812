/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/path_check.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"

#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)

static const struct {
	const char *text;
	const char *remedy;
} words[PATH_CHECK_ERROR_COUNT] = {
	[PATH_CHECK_E_NAME] = { "is not a plain absolute path",
		"write it from / on, without . and .. components" },
	[PATH_CHECK_E_MISSING] = { "does not exist", "create it, or correct the path" },
	[PATH_CHECK_E_LINK] = { "is a symbolic link",
		"write the path that 'readlink -f' prints for it" },
	[PATH_CHECK_E_OWNER] = { "belongs to another user", "chown it to root" },
	[PATH_CHECK_E_WRITABLE] = { "is writable by group or others", "chmod go-w" },
	[PATH_CHECK_E_KIND] = { "is of the wrong kind", "name a regular file or directory" },
	[PATH_CHECK_E_NOT_EXEC] = { "is not executable", "chmod a+x, or correct the path" },
	[PATH_CHECK_E_SETUID] = { "is setuid or setgid", "chmod ug-s" },
	[PATH_CHECK_E_UNREADABLE] = { "cannot be opened", "see the error number" },
	[PATH_CHECK_E_NAMES] = { "has another name, too", "remove its hard links, or the file" },
};

/* One walk: where it is, and what it accepts. */
struct walk {
	const char *path; /* borrowed: the caller's */
	uid_t own_uid;
	int fd;                          /* owned: the directory reached so far */
	struct path_check_fault *reterr; /* borrowed, may be NULL */
};

static int walk_fail(
	const struct walk *w, int error, size_t length, const struct stat *st, int system_errno)
{
	if (!w->reterr)
		return error;
	if (length > strlen(w->path))
		length = strlen(w->path);
	if (length >= sizeof(w->reterr->at))
		length = sizeof(w->reterr->at) - 1;
	memcpy(w->reterr->at, w->path, length);
	w->reterr->at[length] = '\0';
	w->reterr->owner = st ? st->st_uid : 0;
	w->reterr->mode = st ? st->st_mode : 0;
	w->reterr->system_errno = system_errno;
	return error;
}

static int walk_fail_errno(const struct walk *w, size_t length, int error)
{
	if (error == ENOENT)
		return walk_fail(w, PATH_CHECK_E_MISSING, length, NULL, error);
	if (error == ENOTDIR)
		return walk_fail(w, PATH_CHECK_E_KIND, length, NULL, error);
	if (error == ELOOP)
		return walk_fail(w, PATH_CHECK_E_LINK, length, NULL, error);
	return walk_fail(w, PATH_CHECK_E_UNREADABLE, length, NULL, error);
}

static int walk_check_stat(
	const struct walk *w, const struct stat *st, size_t length, bool is_sticky_good)
{
	if (S_ISLNK(st->st_mode))
		return walk_fail(w, PATH_CHECK_E_LINK, length, st, 0);
	if (st->st_uid != 0 && st->st_uid != w->own_uid)
		return walk_fail(w, PATH_CHECK_E_OWNER, length, st, 0);
	if (st->st_mode & WRITABLE_BY_OTHERS &&
		!(is_sticky_good && S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX))
		return walk_fail(w, PATH_CHECK_E_WRITABLE, length, st, 0);
	return 0;
}

/* Into the directory @name; @length is how much of the path that is, for messages. */
static int walk_enter(struct walk *w, const char *name, size_t length, bool is_sticky_good)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return walk_fail_errno(w, length, errno);
	if (fstat(fd, &st) < 0)
		return walk_fail_errno(w, length, errno);
	r = walk_check_stat(w, &st, length, is_sticky_good);
	if (r)
		return r;
	if (!S_ISDIR(st.st_mode))
		return walk_fail(w, PATH_CHECK_E_KIND, length, &st, 0);
	w->fd = fd_close(w->fd);
	w->fd = fd_steal(&fd);
	return 0;
}

static bool component_is_plain(const char *name, size_t size)
{
	return size > 0 && size <= NAME_MAX && !(size == 1 && name[0] == '.') &&
	       !(size == 2 && name[0] == '.' && name[1] == '.');
}

static bool path_is_plain(const char *path)
{
	const char *at = path;

	if (path[0] != '/' || path[1] == '\0' || strlen(path) >= PATH_MAX)
		return false;
	while (*at == '/') {
		size_t size = strcspn(at + 1, "/");

		if (!component_is_plain(at + 1, size))
			return false;
		at += 1 + size;
	}
	return true;
}

/* From / to the directory that the last component is in. */
static int walk_to_parent(struct walk *w, bool is_sticky_good, const char **ret_name)
{
	const char *at = w->path;
	char name[NAME_MAX + 1];
	struct stat st;
	int r;

	if (!path_is_plain(w->path))
		return walk_fail(w, PATH_CHECK_E_NAME, strlen(w->path), NULL, 0);
	w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, &st) < 0)
		return walk_fail_errno(w, 1, errno);
	r = walk_check_stat(w, &st, 1, is_sticky_good);
	while (!r) {
		size_t size = strcspn(at + 1, "/");
		const char *next = at + 1 + size;

		if (*next == '\0') {
			*ret_name = at + 1;
			return 0;
		}
		memcpy(name, at + 1, size);
		name[size] = '\0';
		/* sticky helps on the way; the last directory is judged by its caller's rule */
		r = walk_enter(w, name, (size_t)(next - w->path),
			strchr(next + 1, '/') ? true : is_sticky_good);
		at = next;
	}
	return r;
}

static int walk_check_end(const struct walk *w, enum path_check_kind kind, int fd)
{
	size_t length = strlen(w->path);
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return walk_fail_errno(w, length, errno);
	r = walk_check_stat(w, &st, length, kind == PATH_CHECK_DIRECTORY);
	if (r)
		return r;
	if (kind == PATH_CHECK_DIRECTORY ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return walk_fail(w, PATH_CHECK_E_KIND, length, &st, 0);
	if (kind != PATH_CHECK_PROGRAM)
		return 0;
	if (st.st_mode & (S_ISUID | S_ISGID))
		return walk_fail(w, PATH_CHECK_E_SETUID, length, &st, 0);
	if (!(st.st_mode & S_IXOTH) && !(st.st_mode & S_IXUSR && w->own_uid != 0))
		return walk_fail(w, PATH_CHECK_E_NOT_EXEC, length, &st, 0);
	return 0;
}

static int walk_open_end(const struct walk *w, const char *name, int flags, int *ret_fd)
{
	struct stat st;
	int fd = openat(w->fd, name, flags);
	int error = errno;

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	/* O_DIRECTORY on a link says ENOTDIR, which would mislead */
	if (error == ENOTDIR && fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISLNK(st.st_mode))
		error = ELOOP;
	return walk_fail_errno(w, strlen(w->path), error);
}

int path_check_open(const char *path, enum path_check_kind kind, uid_t own_uid, int *ret_fd,
	struct path_check_fault *reterr)
{
	/* NONBLOCK: a FIFO that lies in the place of the file must not stop us */
	static const int flags[PATH_CHECK_KIND_COUNT] = {
		[PATH_CHECK_FILE] = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC,
		[PATH_CHECK_PROGRAM] = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		[PATH_CHECK_DIRECTORY] = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	};
	struct walk w = { .path = path, .own_uid = own_uid, .fd = -1, .reterr = reterr };
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	const char *name = NULL;
	int r = walk_to_parent(&w, kind != PATH_CHECK_PROGRAM, &name);

	if (!r) {
		assert(name);
		r = walk_open_end(&w, name, flags[kind], &fd);
	}
	if (!r)
		r = walk_check_end(&w, kind, fd);
	w.fd = fd_close(w.fd);
	if (r)
		return r;
	*ret_fd = fd_steal(&fd);
	return 0;
}

int path_check_open_parent(const char *path, uid_t own_uid, int *ret_fd, const char **ret_name,
	struct path_check_fault *reterr)
{
	struct walk w = { .path = path, .own_uid = own_uid, .fd = -1, .reterr = reterr };
	int r = walk_to_parent(&w, true, ret_name);

	if (r) {
		w.fd = fd_close(w.fd);
		return r;
	}
	*ret_fd = fd_steal(&w.fd);
	return 0;
}

int path_check_open_in(
	int dir, const char *path, uid_t own_uid, int *ret_fd, struct path_check_fault *reterr)
{
	static const int flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
	/* the walk has been done by whoever opened @dir, which stays his */
	const struct walk w = { .path = path, .own_uid = own_uid, .fd = dir, .reterr = reterr };
	const char *slash = strrchr(path, '/');
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	int r = walk_open_end(&w, slash ? slash + 1 : path, flags, &fd);

	if (!r)
		r = walk_check_end(&w, PATH_CHECK_FILE, fd);
	if (!r)
		*ret_fd = fd_steal(&fd);
	return r;
}

/* Made by us, so that it is as it should be from its first byte on. */
static int make_in(const struct walk *w, const char *name, gid_t group, int *ret_fd)
{
	static const int flags =
		O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	ATTR_CLEANUP(fd_cleanup) int fd = openat(w->fd, name, flags, 0600);

	if (fd < 0)
		return walk_fail_errno(w, strlen(w->path), errno);
	if ((group != getegid() && fchown(fd, (uid_t)-1, group) < 0) || fchmod(fd, 0640) < 0) {
		int error = errno;

		(void)unlinkat(w->fd, name, 0);
		return walk_fail_errno(w, strlen(w->path), error);
	}
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int check_names(const struct walk *w, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return walk_fail_errno(w, strlen(w->path), errno);
	return st.st_nlink == 1 ? 0 : walk_fail(w, PATH_CHECK_E_NAMES, strlen(w->path), &st, 0);
}

int path_check_append_in(int dir, const char *path, uid_t own_uid, gid_t group, int *ret_fd,
	struct path_check_fault *reterr)
{
	/* NONBLOCK: a FIFO or a lease of somebody else must not stop us */
	static const int flags =
		O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	const struct walk w = { .path = path, .own_uid = own_uid, .fd = dir, .reterr = reterr };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		r = make_in(&w, name, group, &fd);
	else
		r = walk_open_end(&w, name, flags, &fd);
	if (!r)
		r = walk_check_end(&w, PATH_CHECK_FILE, fd);
	if (!r)
		r = check_names(&w, fd);
	if (!r)
		*ret_fd = fd_steal(&fd);
	return r;
}

const char *path_check_text(int error)
{
	if (error <= 0 || error >= PATH_CHECK_ERROR_COUNT)
		return "is not acceptable";
	return words[error].text;
}

const char *path_check_remedy(int error)
{
	if (error <= 0 || error >= PATH_CHECK_ERROR_COUNT)
		return "see the manual";
	return words[error].remedy;
}
