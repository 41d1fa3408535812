#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files of a host, below its root directory, which may be another one than ours: no link leads out
 * of it. What is changed must lie in directories that are nobody's but root's (or ours, without
 * privilege); files are replaced by rename(2), so that a reader sees the old or the new one.
 *
 * All paths are absolute in that host. Errors: negative errno; -EPERM: a directory on the way
 * belongs to somebody else, or others may write to it.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/journal.h"

/** Largest file that is read: configurations of large panels have some megabytes. */
#define TREE_MAX_FILE (16U << 20)
/** Most names of one directory. */
#define TREE_MAX_NAMES 100000U

struct tree {
	int root;         /* owned */
	const char *path; /* borrowed: argv; "" for our own root */
	uid_t own_uid;    /* may own what root may own */
};

/** tree_open() - @path: NULL: our own root. Return: 0; -errno */
int tree_open(struct tree *t, const char *path) ATTR_MUST_USE;
void tree_close(struct tree *t);

/** tree_exists() - links are followed */
bool tree_exists(const struct tree *t, const char *path);

/** tree_is_directory() - links are followed */
bool tree_is_directory(const struct tree *t, const char *path);

/** tree_stat() - links are followed. Return: 0; -errno */
int tree_stat(const struct tree *t, const char *path, struct stat *ret) ATTR_MUST_USE;

/**
 * tree_read() - a regular file
 * @ret_text: malloc'ed, with a NUL at its end
 *
 * Return: 0; -EFBIG; -EINVAL: no regular file, or a NUL byte in it; -errno.
 */
int tree_read(const struct tree *t, const char *path, char **ret_text) ATTR_MUST_USE;

/** tree_state() - what is there; the last component is not followed. Return: 0; -errno */
int tree_state(const struct tree *t, const char *path, struct journal_state *ret) ATTR_MUST_USE;

/** tree_write() - @state says mode and owner; what was there is replaced. Return: 0; -errno */
int tree_write(const struct tree *t, const char *path, const struct journal_state *state,
	const char *text) ATTR_MUST_USE;

/** tree_link() - a symbolic link; what was there is replaced. Return: 0; -errno */
int tree_link(const struct tree *t, const char *path, const char *target) ATTR_MUST_USE;

/** tree_mkdir() - Return: 0; -errno */
int tree_mkdir(const struct tree *t, const char *path, mode_t mode) ATTR_MUST_USE;

/** tree_remove() - a file, a link, or an empty directory. Return: 0, also if it is not there;
 * -errno
 */
int tree_remove(const struct tree *t, const char *path);

/** tree_may_change() - are the directories on the way safe? Return: 0; -EPERM; -errno */
int tree_may_change(const struct tree *t, const char *path) ATTR_MUST_USE;

/**
 * tree_lock() - nobody else may have the directory as long as @ret_fd is open
 *
 * Return: 0; -EWOULDBLOCK: somebody has it; -errno.
 */
int tree_lock(const struct tree *t, const char *path, int *ret_fd) ATTR_MUST_USE;

/** Names in a directory, sorted; without those that begin with a dot. */
struct tree_names {
	char **name; /* owned */
	size_t count;
};

/** tree_list() - Return: 0; -E2BIG; -errno */
int tree_list(const struct tree *t, const char *path, struct tree_names *ret) ATTR_MUST_USE;
void tree_names_deinit(struct tree_names *names);
