/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/watch_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/watch_shot.h"

/* Opening and reading wake nobody up. Source: inotify(7). */
#define MASK_WAY                                                                                   \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |     \
		IN_ONLYDIR | IN_EXCL_UNLINK)
#define MASK_LEAF (MASK_WAY | IN_CLOSE_WRITE | IN_ATTRIB)

int watch_dirs_open(struct watch_dirs *w)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	*w = (struct watch_dirs){ .fd = fd };
	return fd < 0 ? err_origin(-errno) : fd;
}

static void clear_names(struct watch_dir *d)
{
	for (size_t i = 0; i < d->names; i++)
		free(d->name[i]);
	free(d->name);
	d->name = NULL;
	d->names = 0;
}

static void free_dir(struct watch_dir *d)
{
	clear_names(d);
	free(d->path);
}

void watch_dirs_close(struct watch_dirs *w)
{
	for (size_t i = 0; i < w->count; i++)
		free_dir(&w->dir[i]);
	free(w->dir);
	w->fd = fd_close(w->fd);
	*w = (struct watch_dirs){ .fd = -1 };
}

void watch_dirs_begin(struct watch_dirs *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct watch_dir *d = &w->dir[i];

		clear_names(d);
		d->is_leaf = d->is_whole = d->is_needed = false;
	}
}

/* --- which ones are needed ----------------------------------------------------------------- */

static struct watch_dir *find_or_add(struct watch_dirs *w, const char *path)
{
	struct watch_dir *d;

	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->dir[i].path, path) == 0)
			return &w->dir[i];
	}
	if (w->count == w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 16;

		d = realloc(w->dir, capacity * sizeof(*d));
		if (!d)
			return NULL;
		w->dir = d;
		w->capacity = capacity;
	}
	d = &w->dir[w->count];
	*d = (struct watch_dir){ .path = strdup(path), .wd = -1 };
	if (!d->path)
		return NULL;
	w->count++;
	return d;
}

/* @name NULL: all of them */
static int need(struct watch_dirs *w, const char *path, const char *name, bool is_leaf)
{
	struct watch_dir *d = find_or_add(w, *path ? path : "/");
	char **bigger;

	if (!d)
		return -ENOMEM;
	d->is_needed = true;
	d->is_leaf = d->is_leaf || is_leaf;
	d->is_whole = d->is_whole || !name;
	for (size_t i = 0; name && i < d->names; i++) {
		if (strcmp(d->name[i], name) == 0)
			return 0;
	}
	if (!name)
		return 0;
	bigger = realloc(d->name, (d->names + 1) * sizeof(d->name[0]));
	if (!bigger)
		return -ENOMEM;
	d->name = bigger;
	d->name[d->names] = strdup(name);
	if (!d->name[d->names])
		return -ENOMEM;
	d->names++;
	return 0;
}

/* The way that is left when a link was met: its target, and what came after it. */
static bool follow(char way[PATH_MAX], const char *link, const char *dir, const char *rest)
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t size = readlink(link, target, sizeof(target) - 1);
	int n;

	if (size <= 0)
		return false;
	target[size] = '\0';
	n = snprintf(joined, sizeof(joined), "%s%s%s%s%s", target[0] == '/' ? "" : dir,
		target[0] == '/' ? "" : "/", target, *rest ? "/" : "", rest);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return false;
	memcpy(way, joined, (size_t)n + 1);
	return true;
}

/* One name more; ".." of a link's target takes one away. */
static bool append(char dir[PATH_MAX], const char *name)
{
	size_t size = strlen(dir);

	if (strcmp(name, "..") == 0) {
		char *slash = strrchr(dir, '/');

		if (slash)
			*slash = '\0';
		return true;
	}
	return snprintf(dir + size, PATH_MAX - size, "/%s", name) < (int)(PATH_MAX - size);
}

/* The next name of @way, which is cut off it. NULL: there is none */
static const char *next_name(char way[PATH_MAX], char name[NAME_MAX + 1])
{
	size_t skip = strspn(way, "/");
	size_t size = strcspn(way + skip, "/");

	if (!size || size > NAME_MAX)
		return NULL;
	memcpy(name, way + skip, size);
	name[size] = '\0';
	memmove(way, way + skip + size, strlen(way + skip + size) + 1);
	return name;
}

/*
 * Walk @way from /, over links, as far as it leads.
 *
 * Return: 1: there is a file or directory at its end, @dir; 0: it ends before that; -ENOMEM
 */
static int walk(struct watch_dirs *w, char way[PATH_MAX], char dir[PATH_MAX], struct stat *st)
{
	char name[NAME_MAX + 1], here[PATH_MAX];

	dir[0] = '\0';
	for (unsigned step = 0; step < WATCH_DIRS_STEPS && next_name(way, name); step++) {
		const char *rest = way + strspn(way, "/");
		int r;

		if (strcmp(name, ".") == 0 || (strcmp(name, "..") == 0 && append(dir, name)))
			continue;
		memcpy(here, dir, sizeof(here));
		if (!append(here, name))
			return 0;
		r = lstat(here, st) < 0 ? -errno : 0;
		/* the last directory that can be seen is where it has to come from */
		if (need(w, dir, name, !*rest || r == -EACCES) < 0)
			return -ENOMEM;
		if (r < 0)
			return 0;
		if (!S_ISLNK(st->st_mode)) {
			memcpy(dir, here, sizeof(here));
			continue;
		}
		if (!follow(way, here, dir, rest))
			return 0;
		dir[0] = '\0';
	}
	return way[strspn(way, "/")] == '\0';
}

/* The same for a path as it is written. */
static int reach(struct watch_dirs *w, const char *path, char dir[PATH_MAX], struct stat *st)
{
	char way[PATH_MAX];

	if (snprintf(way, sizeof(way), "%s", path) >= (int)sizeof(way))
		return 0;
	return walk(w, way, dir, st);
}

/* What the links in a directory lead to may be written elsewhere. */
static int add_links(struct watch_dirs *w, const char *path)
{
	char link[PATH_MAX], end[PATH_MAX];
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	size_t count = 0;
	int r = 0;

	if (!dir)
		return 0; /* the watch that it needs fails, too, and says why */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	while (r >= 0 && count++ < WATCH_SHOT_DIR_MAX && (entry = readdir(dir))) {
		if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) ||
			watch_shot_is_ignored(entry->d_name))
			continue;
		if (snprintf(link, sizeof(link), "%s/%s", path, entry->d_name) < PATH_MAX)
			r = reach(w, link, end, &st);
	}
	(void)closedir(dir);
	return r < 0 ? r : 0;
}

int watch_dirs_add(struct watch_dirs *w, const char *path)
{
	struct stat st = { .st_mode = 0 };
	char dir[PATH_MAX];
	int r = reach(w, path, dir, &st);

	if (r <= 0 || !S_ISDIR(st.st_mode))
		return r < 0 ? r : 0;
	r = need(w, dir, NULL, true);
	return r ? r : add_links(w, dir);
}

/* --- watching them ------------------------------------------------------------------------- */

static void unwatch(struct watch_dirs *w, struct watch_dir *d)
{
	if (d->wd >= 0)
		(void)inotify_rm_watch(w->fd, d->wd);
	d->wd = -1;
}

static bool is_same(const struct watch_dir *d, const struct stat *st)
{
	return d->dev == st->st_dev && d->ino == st->st_ino && d->is_leaf == d->is_leaf_watched;
}

/* Return: 0; positive errno */
static int watch(struct watch_dirs *w, struct watch_dir *d)
{
	struct stat st;

	if (stat(d->path, &st) < 0)
		return errno;
	if (d->wd >= 0 && is_same(d, &st))
		return 0;
	unwatch(w, d);
	d->wd = inotify_add_watch(w->fd, d->path, d->is_leaf ? MASK_LEAF : MASK_WAY);
	d->dev = st.st_dev;
	d->ino = st.st_ino;
	d->is_leaf_watched = d->is_leaf;
	return d->wd < 0 ? errno : 0;
}

static void drop_unneeded(struct watch_dirs *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++) {
		if (w->dir[i].is_needed) {
			w->dir[kept++] = w->dir[i];
			continue;
		}
		unwatch(w, &w->dir[i]);
		free_dir(&w->dir[i]);
	}
	w->count = kept;
}

void watch_dirs_end(struct watch_dirs *w, watch_dirs_fn tell, void *context)
{
	drop_unneeded(w);
	for (size_t i = 0; i < w->count; i++) {
		struct watch_dir *d = &w->dir[i];
		int error = watch(w, d);

		/* it went just now: the one above tells when it comes back */
		if (error == ENOENT || error == ENOTDIR)
			error = 0;
		/* on the way, only those that may be read can be watched, and are hardly ever moved
		 */
		if (error == EACCES && !d->is_leaf)
			error = 0;
		if (error && error != d->error)
			tell(context, d->path, error);
		d->error = error;
	}
}

size_t watch_dirs_count(const struct watch_dirs *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		count += w->dir[i].wd >= 0;
	return count;
}

/* --- what happens in them ------------------------------------------------------------------ */

static struct watch_dir *find_wd(const struct watch_dirs *w, int wd)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->dir[i].wd == wd)
			return &w->dir[i];
	}
	return NULL;
}

static bool does_count(const struct watch_dirs *w, const struct inotify_event *e)
{
	struct watch_dir *d;

	if (e->mask & IN_Q_OVERFLOW)
		return true;
	d = find_wd(w, e->wd);
	if (!d)
		return false; /* of one that we have left */
	if (e->mask & IN_IGNORED)
		d->wd = -1;
	if (!e->len) /* it has gone, or been moved; or its own attributes have changed */
		return true;
	for (size_t i = 0; i < d->names; i++) {
		if (strcmp(d->name[i], e->name) == 0)
			return true;
	}
	return d->is_whole && !watch_shot_is_ignored(e->name);
}

bool watch_dirs_read(struct watch_dirs *w)
{
	_Alignas(
		struct inotify_event) char data[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	ssize_t size = read(w->fd, data, sizeof(data));
	bool is_any = false;

	/* the kernel writes whole events */
	for (ssize_t at = 0; at < size;) {
		const struct inotify_event *e =
			(const struct inotify_event *)(const void *)(data + at);

		if (does_count(w, e))
			is_any = true;
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	return is_any;
}
