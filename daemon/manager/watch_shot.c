/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/watch_shot.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"

#define FNV_BASIS 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

static uint64_t mix(uint64_t hash, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		hash = (hash ^ (value >> (8 * i) & 0xff)) * FNV_PRIME;
	return hash;
}

uint64_t watch_shot_print(const struct stat *st)
{
	uint64_t hash = mix(FNV_BASIS, st->st_mode);

	/* a directory is what its files are */
	if (S_ISDIR(st->st_mode))
		return hash;
	hash = mix(mix(hash, st->st_dev), st->st_ino);
	hash = mix(mix(hash, st->st_uid), st->st_gid);
	hash = mix(hash, (uint64_t)st->st_size);
	return mix(mix(hash, (uint64_t)st->st_mtim.tv_sec), (uint64_t)st->st_mtim.tv_nsec);
}

bool watch_shot_is_ignored(const char *name)
{
	size_t size = strlen(name);

	return name[0] == '.' || (size && name[size - 1] == '~') || strstr(name, ".dpkg-") ||
	       strstr(name, ".ucf-");
}

static int add_mark(struct watch_shot *s, const char *path, const struct stat *st)
{
	struct watch_mark *m;

	if (s->count == s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 16;

		m = realloc(s->mark, capacity * sizeof(*m));
		if (!m)
			return -ENOMEM;
		s->mark = m;
		s->capacity = capacity;
	}
	m = &s->mark[s->count];
	m->path = strdup(path);
	if (!m->path)
		return -ENOMEM;
	m->print = watch_shot_print(st);
	s->count++;
	return 0;
}

static int add_entry(struct watch_shot *s, const char *dir, const char *name)
{
	struct stat st;
	char *path;
	int r = 0;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (stat(path, &st) == 0)
		r = add_mark(s, path, &st);
	free(path);
	return r;
}

static int add_entries(struct watch_shot *s, const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	size_t count = 0;
	int r = 0;

	if (!dir)
		return 0; /* gone, or not for us: who watches it has said so */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread */
	while (r == 0 && count < WATCH_SHOT_DIR_MAX && (entry = readdir(dir))) {
		if (watch_shot_is_ignored(entry->d_name))
			continue;
		r = add_entry(s, path, entry->d_name);
		count++;
	}
	(void)closedir(dir);
	return r;
}

static int add_path(struct watch_shot *s, const char *path)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return 0;
	r = add_mark(s, path, &st);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = add_entries(s, path);
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct watch_mark *x = a;
	const struct watch_mark *y = b;

	return strcmp(x->path, y->path);
}

int watch_shot_take(char *const *paths, size_t count, struct watch_shot *ret_shot)
{
	struct watch_shot s = { .mark = NULL };
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_path(&s, paths[i]);
	if (r < 0) {
		watch_shot_deinit(&s);
		return err_origin(r);
	}
	if (s.count)
		qsort(s.mark, s.count, sizeof(s.mark[0]), compare);
	*ret_shot = s;
	return 0;
}

void watch_shot_deinit(struct watch_shot *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->mark[i].path);
	free(s->mark);
	*s = (struct watch_shot){ .mark = NULL };
}

const char *watch_shot_diff(
	const struct watch_shot *before, const struct watch_shot *after, const char **ret_path)
{
	size_t i = 0, k = 0;

	while (i < before->count && k < after->count) {
		const struct watch_mark *old = &before->mark[i++];
		const struct watch_mark *new = &after->mark[k++];
		int order = strcmp(old->path, new->path);

		*ret_path = order < 0 ? old->path : new->path;
		if (order)
			return order < 0 ? "removed" : "added";
		if (old->print != new->print)
			return "changed";
	}
	if (i < before->count) {
		*ret_path = before->mark[i].path;
		return "removed";
	}
	if (k < after->count) {
		*ret_path = after->mark[k].path;
		return "added";
	}
	return NULL;
}
