#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What tells a file from what it was before, without reading it. As text, in a manifest:
 * "KIND SIZE SECONDS NANOSECONDS INODE DEVICE PATH".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/attr.h"

enum stamp_kind {
	STAMP_FILE = 'f',
	STAMP_DIRECTORY = 'd',
	STAMP_OTHER = 'o',
	STAMP_ABSENT = '-'
};

/* Six numbers and a kind, the longest there are. */
#define STAMP_TEXT_SIZE 128U

struct stamp {
	enum stamp_kind kind;
	uint64_t size;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t inode;
	uint64_t device;
};

void stamp_of_stat(struct stamp *st, const struct stat *stat);

/**
 * stamp_take() - of what @path in @dir is now
 * @flags: AT_SYMLINK_NOFOLLOW or 0
 *
 * Return: 0, also if it is absent; -errno.
 */
int stamp_take(int dir, const char *path, int flags, struct stamp *ret_stamp) ATTR_MUST_USE;

/** stamp_put() - all but the path, with a space at its end */
void stamp_put(const struct stamp *st, char out[STAMP_TEXT_SIZE]);

/** stamp_parse() - @ret_path: within @text, not empty. Return: true if it is one */
bool stamp_parse(const char *text, struct stamp *ret_stamp, const char **ret_path) ATTR_MUST_USE;

/** stamp_difference() - the first in words, to follow a path; NULL if there is none */
const char *stamp_difference(const struct stamp *old, const struct stamp *now);
