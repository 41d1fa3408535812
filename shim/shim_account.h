#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Is a directory an account's? For LSAPIPath, where its name says whose PHP runs. And what has been
 * found for a while, so that a request needs no look at it. Nothing of httpd in here.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** What is wrong, for a message. */
struct shim_account_fault {
	char at[256]; /* the directory, cut if it is longer */
	uid_t owner;
	mode_t mode;
	int error; /* errno, if it can not be looked at */
	const char *text;
};

/**
 * shim_account_check() - nobody but root and @uid has a say in what @path is
 * @path: absolute; @size bytes of it
 *
 * It belongs to @uid and is no link, unless of root's; and nobody but root can have put something
 * else in its place: each directory above it is root's, nobody else may write there, and links are
 * root's.
 *
 * Return: true; false and @reterr.
 */
bool shim_account_check(
	const char *path, size_t size, uid_t uid, struct shim_account_fault *reterr);

/** Whoever makes up names fills no memory: a new one takes the place of another. */
#define SHIM_ACCOUNT_SLOTS 512U
/** Longest path that is kept; others are looked at each time. */
#define SHIM_ACCOUNT_PATH 112U
/** So long a change of accounts and directories may go unseen. */
#define SHIM_ACCOUNT_NS 10000000000ULL

struct shim_account {
	char path[SHIM_ACCOUNT_PATH];
	uint64_t until_ns;
	uid_t uid;
	gid_t gid;
};

/** Accounts found of late. */
struct shim_accounts {
	pthread_mutex_t lock; /* short */
	struct shim_account slot[SHIM_ACCOUNT_SLOTS];
};

/** shim_accounts_find() - what was found for @size bytes of @path; false: nothing, or too old */
bool shim_accounts_find(struct shim_accounts *a, const char *path, size_t size, uint64_t now_ns,
	struct shim_account *ret_account);

/** shim_accounts_keep() - for SHIM_ACCOUNT_NS from @now_ns on */
void shim_accounts_keep(struct shim_accounts *a, const char *path, size_t size, uint64_t now_ns,
	const struct shim_account *account);
