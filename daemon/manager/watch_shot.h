#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How some files look: for each that is there, its path and a print of what would be another one if
 * somebody had replaced or written it. Two shots tell which file has changed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/attr.h"

/** Files of one directory; no PHP reads more. What is beyond is not seen. */
#define WATCH_SHOT_DIR_MAX 4096U

struct watch_mark {
	char *path; /* owned */
	uint64_t print;
};

struct watch_shot {
	struct watch_mark *mark; /* owned; sorted by path */
	size_t count;
	size_t capacity;
};

/**
 * watch_shot_take() - how these paths and the files in those that are directories look now
 * @ret_shot: watch_shot_deinit()
 *
 * What is not there, or can not be seen, has no mark.
 *
 * Return: 0; -ENOMEM
 */
int watch_shot_take(char *const *paths, size_t count, struct watch_shot *ret_shot) ATTR_MUST_USE;

void watch_shot_deinit(struct watch_shot *s);

/**
 * watch_shot_diff() - the first difference between two shots; pure
 * @ret_path: borrowed: the shot that has it
 *
 * Return: NULL: none; "added", "removed", "changed"
 */
const char *watch_shot_diff(
	const struct watch_shot *before, const struct watch_shot *after, const char **ret_path);

/** watch_shot_print() - of one file; pure. Not of it: times of access and of its inode's change */
uint64_t watch_shot_print(const struct stat *st);

/** watch_shot_is_ignored() - names that editors and dpkg use for a moment; pure */
bool watch_shot_is_ignored(const char *name);
