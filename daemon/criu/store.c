/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/criu/digest.h"

#define PREFIX "lsapi_"
#define SUFFIX "_criu_imgs"

/* So much of a pool's name is for people; what makes the directory's name unique is the digest. */
#define NAME_SHOWN 128U

static int refuse(struct why *reterr, const struct path_check_fault *fault, int error)
{
	if (fault->system_errno && error != PATH_CHECK_E_MISSING)
		why_set(reterr, "%s %s (%s): %s", fault->at, path_check_text(error),
			err_name(fault->system_errno), path_check_remedy(error));
	else
		why_set(reterr, "%s %s: %s", fault->at, path_check_text(error),
			path_check_remedy(error));
	return 1;
}

static int make_last(const char *path, struct path_check_fault *fault, struct why *reterr)
{
	ATTR_CLEANUP(fd_cleanup) int parent = -1;
	const char *name;
	int r = path_check_open_parent(path, geteuid(), &parent, &name, fault);

	if (r)
		return refuse(reterr, fault, r);
	if (mkdirat(parent, name, 0700) == 0 || errno == EEXIST)
		return 0;
	why_set(reterr, "%s cannot be made (%s): create it, mode 0700", path, err_name(errno));
	return 1;
}

/* The walk accepts a sticky directory of all, as /tmp; this one has to be ours, and ours alone. */
static int check_private(const char *path, int fd, struct why *reterr)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	why_set(reterr, "%s is not this user's alone: chown it to root and chmod 0700", path);
	return 1;
}

int store_open(const char *path, struct store *ret_store, struct why *reterr)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct path_check_fault fault = { .at = "" };
	int r = make_last(path, &fault, reterr);

	if (r)
		return r;
	r = path_check_open(path, PATH_CHECK_DIRECTORY, geteuid(), &fd, &fault);
	if (r)
		return refuse(reterr, &fault, r);
	r = check_private(path, fd, reterr);
	if (!r)
		ret_store->dir = fd_steal(&fd);
	return r;
}

void store_close(struct store *s)
{
	s->dir = fd_close(s->dir);
}

/* Letters, digits, '.' and '-' stay; never a '/', and nothing that a shell would mind. */
static void put_shown(const char *name, char out[NAME_SHOWN + 1])
{
	size_t i;

	for (i = 0; i < NAME_SHOWN && name[i]; i++) {
		char c = name[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '.' || c == '-';

		out[i] = is_plain ? c : '_';
	}
	out[i] = '\0';
}

void store_shelf_name(const struct store_pool *pool, char out[STORE_NAME_SIZE])
{
	char shown[NAME_SHOWN + 1], ids[48];
	uint64_t digest = digest_add(DIGEST_INIT, pool->name, strlen(pool->name) + 1);

	(void)snprintf(ids, sizeof(ids), "%u:%u", pool->uid, pool->gid);
	digest = digest_add(digest, ids, strlen(ids) + 1);
	digest = digest_add(digest, pool->handler, strlen(pool->handler));
	put_shown(pool->name, shown);
	(void)snprintf(out, STORE_NAME_SIZE, PREFIX "%s_%016" PRIx64 SUFFIX, shown, digest);
}

bool store_is_shelf_of(const char *shelf, const char *pool)
{
	const size_t rest = 1 + DIGEST_TEXT_SIZE - 1 + sizeof(SUFFIX) - 1;
	char shown[NAME_SHOWN + 1];
	size_t length;

	put_shown(pool, shown);
	length = sizeof(PREFIX) - 1 + strlen(shown);
	return strlen(shelf) == length + rest && shelf[length] == '_' &&
	       strncmp(shelf + sizeof(PREFIX) - 1, shown, strlen(shown)) == 0;
}

static bool is_shelf(const char *name)
{
	size_t length = strlen(name);

	return length > sizeof(PREFIX) - 1 + sizeof(SUFFIX) - 1 &&
	       strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 &&
	       strcmp(name + length - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

int store_walk(const struct store *s, store_shelf_fn fn, void *arg)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd); /* which takes the descriptor */
	const struct dirent *e;
	int r = 0;

	if (!dir) {
		r = err_origin(-errno);
		(void)fd_close(fd);
		return r;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (!r && (e = readdir(dir))) {
		if (is_shelf(e->d_name))
			r = fn(s, e->d_name, arg);
	}
	(void)closedir(dir);
	return r;
}
