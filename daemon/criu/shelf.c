/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"

#define IMAGE "image."
#define NEW   "new."
#define GONE  "gone."
#define FLAG  "reset"
#define LOG   ".log"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* One process writes one image at a time; a dead one of the same pid may have left some. */
#define MAKE_TRIES 64

static int lock_fd(int fd, int lock)
{
	int r;

	do
		r = flock(fd, lock);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static void dir_cleanup(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* A stream of its own over @fd, from the start. Return: NULL and errno */
static DIR *dir_open(int fd)
{
	int copy = openat(fd, ".", DIRECTORY_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir)
		(void)fd_close(copy);
	return dir;
}

static const struct dirent *dir_next(DIR *dir)
{
	const struct dirent *e;

	do
		e = readdir(dir); /* NOLINT(concurrency-mt-unsafe): a stream of our own */
	while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	return e;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Return: 0 if it is no such name */
static uint64_t number_of(const char *name, const char *prefix)
{
	uint64_t number;

	if (!has_prefix(name, prefix) ||
		!str_parse_uint(name + strlen(prefix), 1, UINT64_MAX - 1, &number))
		return 0;
	return number;
}

static int check_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_origin(-errno);
	return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

/* Was it removed while we waited for its lock? */
static bool is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || st.st_nlink == 0;
}

int shelf_open(int store, const char *name, bool is_made, struct shelf *ret_shelf)
{
	for (;;) {
		ATTR_CLEANUP(fd_cleanup) int fd = -1;
		int r;

		if (is_made && mkdirat(store, name, 0700) < 0 && errno != EEXIST)
			return err_origin(-errno);
		fd = openat(store, name, DIRECTORY_FLAGS);
		if (fd < 0 && errno == ENOENT && is_made)
			continue;
		if (fd < 0)
			return -errno;
		r = check_ours(fd);
		if (!r)
			r = lock_fd(fd, LOCK_EX);
		if (r)
			return r;
		if (is_removed(fd))
			continue;
		ret_shelf->dir = fd_steal(&fd);
		return 0;
	}
}

int shelf_lock(const struct shelf *s)
{
	return lock_fd(s->dir, LOCK_EX);
}

void shelf_unlock(const struct shelf *s)
{
	(void)lock_fd(s->dir, LOCK_UN); /* it cannot fail on an open descriptor */
}

void shelf_close(struct shelf *s)
{
	s->dir = fd_close(s->dir);
}

static bool is_regular(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static void note_entry(const struct shelf *s, const char *name, struct shelf_content *c)
{
	uint64_t image = number_of(name, IMAGE), gone = number_of(name, GONE);

	if (image) {
		c->has_more |= c->newest != 0;
		c->newest = image > c->newest ? image : c->newest;
	} else if (gone || has_prefix(name, NEW)) {
		c->has_more = true;
	} else if (strstr(name, FLAG) && is_regular(s->dir, name)) {
		(void)str_copy(c->flag, sizeof(c->flag), name);
	}
	if (image > c->top)
		c->top = image;
	if (gone > c->top)
		c->top = gone;
}

int shelf_read(const struct shelf *s, struct shelf_content *ret_content)
{
	ATTR_CLEANUP(dir_cleanup) DIR *dir = dir_open(s->dir);
	struct shelf_content c = { .newest = 0 };
	const struct dirent *e;

	if (!dir)
		return err_origin(-errno);
	while ((e = dir_next(dir)))
		note_entry(s, e->d_name, &c);
	*ret_content = c;
	return 0;
}

void shelf_image_name(uint64_t number, char out[SHELF_NAME_SIZE])
{
	(void)snprintf(out, SHELF_NAME_SIZE, IMAGE "%" PRIu64, number);
}

int shelf_open_image(const struct shelf *s, const char *name, int lock)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(s->dir, name, DIRECTORY_FLAGS);
	int r;

	if (fd < 0)
		return -errno;
	r = check_ours(fd);
	if (!r)
		r = lock_fd(fd, lock | LOCK_NB);
	return r ? r : fd_steal(&fd);
}

int shelf_make(const struct shelf *s, char ret_name[SHELF_NAME_SIZE])
{
	for (unsigned i = 0; i < MAKE_TRIES; i++) {
		(void)snprintf(ret_name, SHELF_NAME_SIZE, NEW "%d.%u", (int)getpid(), i);
		if (mkdirat(s->dir, ret_name, 0700) == 0)
			return shelf_open_image(s, ret_name, LOCK_EX);
		if (errno != EEXIST)
			return err_origin(-errno);
	}
	return err_origin(-EEXIST);
}

int shelf_retire(const struct shelf *s, const char *name)
{
	char gone[SHELF_NAME_SIZE];
	struct shelf_content c = { .top = 0 };
	int r = shelf_read(s, &c);

	if (r < 0)
		return r;
	(void)snprintf(gone, sizeof(gone), GONE "%" PRIu64, c.top + 1);
	return renameat(s->dir, name, s->dir, gone) < 0 ? err_origin(-errno) : 0;
}

void shelf_retire_old(const struct shelf *s)
{
	ATTR_CLEANUP(dir_cleanup) DIR *dir = dir_open(s->dir);
	struct shelf_content c = { .newest = 0 };
	const struct dirent *e;

	if (!dir || shelf_read(s, &c) < 0)
		return;
	while ((e = dir_next(dir))) {
		uint64_t number = number_of(e->d_name, IMAGE);
		bool is_old = number && number < c.newest;

		if (has_prefix(e->d_name, NEW)) {
			int fd = shelf_open_image(s, e->d_name, LOCK_EX);

			is_old = fd >= 0; /* who had it has ended */
			(void)fd_close(fd);
		}
		if (is_old)
			(void)shelf_retire(s, e->d_name); /* the next one tries again */
	}
}

static bool is_log(const char *name)
{
	size_t length = strlen(name);

	return length > sizeof(LOG) - 1 && strcmp(name + length - (sizeof(LOG) - 1), LOG) == 0;
}

void shelf_remove(const struct shelf *s, int store, const char *name)
{
	ATTR_CLEANUP(dir_cleanup) DIR *dir = dir_open(s->dir);
	const struct dirent *e;

	while (dir && (e = dir_next(dir))) {
		if (is_log(e->d_name))
			(void)unlinkat(s->dir, e->d_name, 0); /* seen by the rmdir */
	}
	(void)unlinkat(store, name, AT_REMOVEDIR);
}

/* CRIU makes no directories in there. */
static void remove_files(int fd)
{
	ATTR_CLEANUP(dir_cleanup) DIR *dir = dir_open(fd);
	const struct dirent *e;

	while (dir && (e = dir_next(dir)))
		(void)unlinkat(fd, e->d_name, 0); /* seen by the rmdir */
}

void shelf_clean(const struct shelf *s)
{
	ATTR_CLEANUP(dir_cleanup) DIR *dir = dir_open(s->dir);
	const struct dirent *e;

	while (dir && (e = dir_next(dir))) {
		ATTR_CLEANUP(fd_cleanup) int fd = -1;

		if (!number_of(e->d_name, GONE))
			continue;
		fd = shelf_open_image(s, e->d_name, LOCK_EX);
		/* two may clean at once: the other has done it, and the name may be another's */
		if (fd < 0 || is_removed(fd))
			continue;
		remove_files(fd);
		(void)unlinkat(s->dir, e->d_name, AT_REMOVEDIR);
	}
}
