/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_account.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool fail(
	struct shim_account_fault *reterr, const char *at, const struct stat *st, const char *text)
{
	*reterr = (struct shim_account_fault){ .text = text };
	(void)snprintf(reterr->at, sizeof(reterr->at), "%.255s", at);
	if (st) {
		reterr->owner = st->st_uid;
		reterr->mode = st->st_mode & 07777;
	} else {
		reterr->error = errno;
	}
	return false;
}

/* A link counts as what it leads to if root has made it. */
static bool look(const char *path, struct stat *ret_st, struct shim_account_fault *reterr)
{
	if (lstat(path, ret_st) < 0)
		return fail(reterr, path, NULL, "can not be looked at");
	if (!S_ISLNK(ret_st->st_mode))
		return true;
	if (ret_st->st_uid != 0)
		return fail(reterr, path, ret_st, "is a link that is not root's");
	return stat(path, ret_st) == 0 || fail(reterr, path, NULL, "can not be looked at");
}

static bool is_roots_alone(const struct stat *st)
{
	return st->st_uid == 0 && !(st->st_mode & S_IWOTH) &&
	       (!(st->st_mode & S_IWGRP) || st->st_gid == 0);
}

bool shim_account_check(const char *path, size_t size, uid_t uid, struct shim_account_fault *reterr)
{
	char part[PATH_MAX];
	struct stat st;

	if (size < 2 || size >= sizeof(part) || path[0] != '/') {
		errno = ENAMETOOLONG;
		return fail(reterr, "/", NULL, "is no path of a directory");
	}
	for (size_t i = 1; i <= size; i++) {
		if (i < size && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (!look(part, &st, reterr))
			return false;
		if (!S_ISDIR(st.st_mode))
			return fail(reterr, part, &st, "is no directory");
		if (i < size && !is_roots_alone(&st))
			return fail(reterr, part, &st, "is not root's alone");
	}
	return st.st_uid == uid || fail(reterr, part, &st, "belongs to another user");
}

static struct shim_account *slot_of(struct shim_accounts *a, const char *path, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)path[i]) * 0x100000001b3ULL;
	return &a->slot[(hash ^ hash >> 32) % SHIM_ACCOUNT_SLOTS];
}

bool shim_accounts_find(struct shim_accounts *a, const char *path, size_t size, uint64_t now_ns,
	struct shim_account *ret_account)
{
	struct shim_account *slot = slot_of(a, path, size);

	if (size >= SHIM_ACCOUNT_PATH)
		return false;
	pthread_mutex_lock(&a->lock);
	bool is_found = now_ns < slot->until_ns && strlen(slot->path) == size &&
			memcmp(slot->path, path, size) == 0;

	if (is_found)
		*ret_account = *slot;
	pthread_mutex_unlock(&a->lock);
	return is_found;
}

void shim_accounts_keep(struct shim_accounts *a, const char *path, size_t size, uint64_t now_ns,
	const struct shim_account *account)
{
	struct shim_account *slot = slot_of(a, path, size);

	if (size >= SHIM_ACCOUNT_PATH)
		return;
	pthread_mutex_lock(&a->lock);
	*slot = *account;
	memcpy(slot->path, path, size);
	slot->path[size] = '\0';
	slot->until_ns = now_ns + SHIM_ACCOUNT_NS;
	pthread_mutex_unlock(&a->lock);
}
