/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/gather.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/criu/stamp.h"

/* A directory of settings with more than that is a mistake: somebody's pictures, or /tmp. */
#define DIRECTORY_MAX 1024U

#define NS_PER_S 1000000000LL

#define CLOCK_TRIES 8U

/* One gathering. */
struct gathering {
	struct manifest_builder *b; /* borrowed */
	struct why *reterr;         /* borrowed */
	pid_t pid;
	int64_t started_ns; /* of the process, CLOCK_REALTIME; the end of the tick that it was in */
};

static int fail(const struct gathering *g, int error, const char *path, const char *what)
{
	why_set(g->reterr, "%s %s", path, what);
	return err_origin(error);
}

static int64_t to_ns(const struct timespec *t)
{
	return t->tv_sec * NS_PER_S + t->tv_nsec;
}

/*
 * The field after the command's name, which may hold anything, so count from its end.
 * Source: proc(5), /proc/[pid]/stat, starttime is the 22nd.
 */
static bool parse_start_ticks(const char *stat, uint64_t *ret_ticks)
{
	const char *at = strrchr(stat, ')');
	char word[24];
	size_t length;

	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return false;
	length = strcspn(at, " ");
	if (length >= sizeof(word))
		return false;
	memcpy(word, at, length);
	word[length] = '\0';
	return str_parse_uint(word, 0, INT64_MAX / NS_PER_S, ret_ticks);
}

/*
 * When the machine was started, by CLOCK_REALTIME. The two clocks cannot be read at once: of
 * several attempts the one counts in which nothing came between.
 */
static int64_t boot_ns(void)
{
	int64_t best_ns = INT64_MAX, result = 0;

	for (unsigned i = 0; i < CLOCK_TRIES; i++) {
		struct timespec before, boot, after;
		int64_t took_ns;

		(void)clock_gettime(CLOCK_REALTIME, &before);
		(void)clock_gettime(CLOCK_BOOTTIME, &boot);
		(void)clock_gettime(CLOCK_REALTIME, &after);
		took_ns = to_ns(&after) - to_ns(&before);
		if (took_ns >= 0 && took_ns < best_ns) {
			best_ns = took_ns;
			result = to_ns(&before) - to_ns(&boot);
		}
	}
	return result;
}

static int find_start(struct gathering *g)
{
	const int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char path[64], text[1024];
	uint64_t ticks;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)g->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return fail(g, -errno, path, err_name(errno));
	text[n] = '\0';
	if (!parse_start_ticks(text, &ticks))
		return fail(g, -EINVAL, path, "has no start time");
	g->started_ns = boot_ns() + ((int64_t)ticks + 1) * tick_ns;
	return 0;
}

/* Every change of a file, a rename into its place too, is a new ctime. */
static int put_stat(
	const struct gathering *g, const char *kind, const char *path, const struct stat *st)
{
	struct stamp stamp;

	if (to_ns(&st->st_ctim) > g->started_ns)
		return fail(g, -ESTALE, path, "was changed since lsphp has started");
	stamp_of_stat(&stamp, st);
	manifest_put_stamp(g->b, kind, &stamp, path);
	return g->b->error;
}

static int put_absent(const struct gathering *g, const char *path)
{
	static const struct stamp absent = { .kind = STAMP_ABSENT };

	manifest_put_stamp(g->b, MANIFEST_WATCH, &absent, path);
	return g->b->error;
}

/* What is missing where it was mapped from: was it code, or memory with a name? */
static int put_deleted(const struct gathering *g, const char *path, const char *modes)
{
	/* just-in-time code is shared; of libraries, each has its own copy */
	if (modes[2] == 'x' && modes[3] == 'p')
		return fail(g, -ESTALE, path, "was replaced since lsphp has started");
	return 0;
}

/* "7f00-7f10 r-xp 00000000 08:01 1234    /usr/lib/x.so" */
static int put_mapping(const struct gathering *g, char *line, char previous[PATH_MAX])
{
	const char *modes = strchr(line, ' ');
	char *path = strchr(line, '/');
	struct stat st;

	if (!modes || !path || strlen(modes) < 6 || path[-1] != ' ')
		return 0;
	path[strcspn(path, "\n")] = '\0';
	modes++;
	/* the parts of one file follow each other */
	if (strcmp(path, previous) == 0)
		return 0;
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? put_deleted(g, path, modes)
				       : fail(g, -errno, path, err_name(errno));
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!str_copy(previous, PATH_MAX, path))
		return fail(g, -ENAMETOOLONG, path, "has too long a name");
	return put_stat(g, MANIFEST_MAP, path, &st);
}

static int put_mappings(const struct gathering *g)
{
	char path[64], previous[PATH_MAX] = "";
	char *line = NULL;
	size_t room = 0;
	int r = 0;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)g->pid);
	in = fopen(path, "re");
	if (!in)
		return fail(g, -errno, path, err_name(errno));
	while (!r && getline(&line, &room, in) > 0)
		r = put_mapping(g, line, previous);
	if (!r && ferror(in))
		r = fail(g, -EIO, path, "cannot be read");
	free(line);
	(void)fclose(in);
	return r;
}

/* A link counts as what it leads to, as that is what PHP reads. */
static int put_entry(const struct gathering *g, int dir, const char *path, const char *name)
{
	char whole[PATH_MAX];
	struct stat st;

	if (snprintf(whole, sizeof(whole), "%s/%s", path, name) >= (int)sizeof(whole))
		return fail(g, -ENAMETOOLONG, path, "has a file with too long a name");
	if (fstatat(dir, name, &st, 0) < 0)
		return errno == ENOENT ? put_absent(g, whole)
				       : fail(g, -errno, whole, err_name(errno));
	return S_ISREG(st.st_mode) ? put_stat(g, MANIFEST_WATCH, whole, &st) : 0;
}

static int put_directory(const struct gathering *g, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd); /* which takes the descriptor */
	const struct dirent *e;
	size_t count = 0;
	int r = 0;

	if (!dir) {
		r = fail(g, -errno, path, err_name(errno));
		(void)fd_close(fd);
		return r;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (!r && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = ++count > DIRECTORY_MAX ? fail(g, -E2BIG, path, "has too many files")
					    : put_entry(g, dirfd(dir), path, e->d_name);
	}
	(void)closedir(dir);
	return r;
}

static int put_watched(const struct gathering *g, const char *path)
{
	struct stat st;
	int r;

	if (*path != '/')
		return fail(g, -EINVAL, path, "is no absolute path");
	if (fstatat(AT_FDCWD, path, &st, 0) < 0)
		return errno == ENOENT || errno == ENOTDIR ? put_absent(g, path)
							   : fail(g, -errno, path, err_name(errno));
	r = put_stat(g, MANIFEST_WATCH, path, &st);
	if (!r && S_ISDIR(st.st_mode))
		r = put_directory(g, path);
	return r;
}

int gather(struct manifest_builder *b, pid_t pid, const char *const *watch, size_t count,
	struct why *reterr)
{
	struct gathering g = { .b = b, .reterr = reterr, .pid = pid };
	int r = find_start(&g);

	if (!r)
		r = put_mappings(&g);
	for (size_t i = 0; !r && i < count; i++)
		r = put_watched(&g, watch[i]);
	if (r && r == b->error)
		why_set(reterr, "manifest: %s", err_name(r));
	return r;
}
