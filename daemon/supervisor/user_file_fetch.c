/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/user_file_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/user_file.h"

struct fetch {
	struct user_file_head head;
	char text[CONFIG_USER_MAX_BYTES + 1]; /* one more, to see that it is too many */
};

static int fail(struct fetch *f, enum user_file_result result, int error)
{
	f->head.result = (uint32_t)result;
	f->head.error = error;
	return -1;
}

static int open_how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Links on the way to the home are the administrator's; what counts is the directory at the end. */
static int open_home(struct fetch *f, const struct user_file_order *order)
{
	int fd = open_how(AT_FDCWD, order->home, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0)
		return fail(f, errno == ENOENT ? USER_FILE_ABSENT : USER_FILE_E_HOME, errno);
	if (fstat(fd, &st) < 0) {
		(void)fd_close(fd);
		return fail(f, USER_FILE_E_HOME, errno);
	}
	/* in such a place somebody else could give him a file of his own under this name */
	if ((st.st_uid != order->uid && st.st_uid != 0) ||
		((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))) {
		(void)fd_close(fd);
		return fail(f, USER_FILE_E_HOME_OWNER, 0);
	}
	return fd;
}

static bool may_enter(int home)
{
	return faccessat(home, ".", X_OK, 0) == 0;
}

/* Without waiting for the other end of a FIFO. */
static int open_file(struct fetch *f, int home)
{
	int fd = open_how(home, CONFIG_USER_FILE, O_RDONLY | O_NONBLOCK | O_NOCTTY,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		return fail(f, USER_FILE_ABSENT, 0);
	case ELOOP:
		return fail(f, USER_FILE_E_LINK, 0);
	case ENXIO: /* a socket */
		return fail(f, USER_FILE_E_KIND, 0);
	case EACCES: /* of the directory, or of the file? */
		return fail(f, may_enter(home) ? USER_FILE_E_SYSTEM : USER_FILE_E_HOME, EACCES);
	default:
		return fail(f, USER_FILE_E_SYSTEM, errno);
	}
}

static int check_file(struct fetch *f, int fd, uid_t uid)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(f, USER_FILE_E_SYSTEM, errno);
	if (!S_ISREG(st.st_mode))
		return fail(f, USER_FILE_E_KIND, 0);
	if (st.st_uid != uid)
		return fail(f, USER_FILE_E_OWNER, 0);
	if (st.st_nlink != 1)
		return fail(f, USER_FILE_E_LINKS, 0);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(f, USER_FILE_E_WRITABLE, 0);
	return (uintmax_t)st.st_size > CONFIG_USER_MAX_BYTES ? fail(f, USER_FILE_E_SIZE, 0) : 0;
}

/* Return: bytes in f->text; -1 */
static ssize_t read_file(struct fetch *f, int fd)
{
	size_t used = 0;

	while (used < sizeof(f->text)) {
		ssize_t n = read(fd, f->text + used, sizeof(f->text) - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(f, USER_FILE_E_SYSTEM, errno);
		if (n == 0)
			return (ssize_t)used;
		used += (size_t)n;
	}
	return fail(f, USER_FILE_E_SIZE, 0);
}

static ssize_t fetch(struct fetch *f, const struct user_file_order *order)
{
	ATTR_CLEANUP(fd_cleanup) int home = open_home(f, order);
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	if (home < 0)
		return -1;
	fd = open_file(f, home);
	if (fd < 0 || check_file(f, fd, order->uid) < 0)
		return -1;
	return read_file(f, fd);
}

void user_file_fetch(const struct user_file_order *order, int out)
{
	static struct fetch f; /* of this process alone, which ends here */
	ssize_t size = fetch(&f, order);
	size_t total = sizeof(f.head) + (size > 0 ? (size_t)size : 0);
	size_t done = 0;

	while (done < total) {
		ssize_t n = write(out, (const char *)&f + done, total - done);

		if (n < 0 && errno != EINTR)
			return; /* nobody wants it any more */
		if (n > 0)
			done += (size_t)n;
	}
}

void user_file_run(const void *order)
{
	/*
	 * The memory is that of root's process, with the shim's key in it: nobody of this user's
	 * may trace it. Without an exec the kernel sees to that by itself unless fs.suid_dumpable
	 * is set.
	 */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	user_file_fetch(order, STDOUT_FILENO);
	_exit(0);
}
