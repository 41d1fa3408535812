/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"

/* Digits of the largest number, and a sign. */
#define NUMBER_MAX 20U

void stamp_of_stat(struct stamp *st, const struct stat *stat)
{
	*st = (struct stamp){
		.kind = S_ISREG(stat->st_mode)   ? STAMP_FILE
			: S_ISDIR(stat->st_mode) ? STAMP_DIRECTORY
						 : STAMP_OTHER,
		.size = (uint64_t)stat->st_size,
		.mtime_s = stat->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)stat->st_mtim.tv_nsec,
		.inode = stat->st_ino,
		.device = stat->st_dev,
	};
}

int stamp_take(int dir, const char *path, int flags, struct stamp *ret_stamp)
{
	struct stat st;

	if (fstatat(dir, path, &st, flags) == 0) {
		stamp_of_stat(ret_stamp, &st);
		return 0;
	}
	if (errno != ENOENT && errno != ENOTDIR)
		return -errno;
	*ret_stamp = (struct stamp){ .kind = STAMP_ABSENT };
	return 0;
}

void stamp_put(const struct stamp *st, char out[STAMP_TEXT_SIZE])
{
	(void)snprintf(out, STAMP_TEXT_SIZE,
		"%c %" PRIu64 " %" PRId64 " %" PRIu32 " %" PRIu64 " %" PRIu64 " ", (char)st->kind,
		st->size, st->mtime_s, st->mtime_ns, st->inode, st->device);
}

/* The word at @text, which a space ends; then @text is behind that. */
static bool take_word(const char **text, char out[NUMBER_MAX + 1])
{
	size_t length = strcspn(*text, " ");

	if (length == 0 || length > NUMBER_MAX || (*text)[length] != ' ')
		return false;
	memcpy(out, *text, length);
	out[length] = '\0';
	*text += length + 1;
	return true;
}

static bool take_uint(const char **text, uint64_t max, uint64_t *ret)
{
	char word[NUMBER_MAX + 1];

	return take_word(text, word) && str_parse_uint(word, 0, max, ret);
}

bool stamp_parse(const char *text, struct stamp *ret_stamp, const char **ret_path)
{
	struct stamp st = { .kind = STAMP_ABSENT };
	char word[NUMBER_MAX + 1];
	uint64_t ns;

	if (!take_word(&text, word) || word[1] != '\0' || !strchr("fdo-", word[0]))
		return false;
	st.kind = (enum stamp_kind)word[0];
	if (!take_uint(&text, UINT64_MAX, &st.size))
		return false;
	if (!take_word(&text, word) || !str_parse_int(word, -INT64_MAX, INT64_MAX, &st.mtime_s))
		return false;
	if (!take_uint(&text, 999999999, &ns) || !take_uint(&text, UINT64_MAX, &st.inode) ||
		!take_uint(&text, UINT64_MAX, &st.device) || *text == '\0')
		return false;
	st.mtime_ns = (uint32_t)ns;
	*ret_stamp = st;
	*ret_path = text;
	return true;
}

const char *stamp_difference(const struct stamp *old, const struct stamp *now)
{
	if (old->kind != now->kind) {
		if (now->kind == STAMP_ABSENT)
			return "is gone";
		return old->kind == STAMP_ABSENT ? "is there now" : "is of another kind";
	}
	if (old->size != now->size && old->kind != STAMP_DIRECTORY)
		return "has another size";
	if (old->inode != now->inode || old->device != now->device)
		return "was replaced";
	if (old->mtime_s != now->mtime_s || old->mtime_ns != now->mtime_ns)
		return "was changed";
	return NULL;
}
