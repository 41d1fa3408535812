/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"

#define MOUNTINFO "/proc/self/mountinfo"
/** Fields of a line before its mount point: two ids, the device, the root within the tree. */
#define ROOT_FIELD  3
#define MOUNT_FIELD 4

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blanks, backslashes and newlines of a path as \ooo. */
static bool unescape(const char *from, size_t from_size, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < from_size; i++) {
		char c = from[i];

		if (c == '\\' && i + 3 < from_size && is_octal(from[i + 1]) &&
			is_octal(from[i + 2]) && is_octal(from[i + 3])) {
			c = (char)((from[i + 1] - '0') * 64 + (from[i + 2] - '0') * 8 +
				   (from[i + 3] - '0'));
			i += 3;
		}
		if (used + 1 >= size)
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return used > 0;
}

static const char *skip_fields(const char *at, int count)
{
	while (at && count-- > 0) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at;
}

bool cgroup_parse_mount(const char *line, char *ret_path, size_t size)
{
	static const char kind[] = " - cgroup2 ";
	const char *root = skip_fields(line, ROOT_FIELD);
	const char *path = skip_fields(line, MOUNT_FIELD);

	/* a part of the tree that is mounted elsewhere has no slices of accounts */
	if (!path || strncmp(root, "/ ", 2) != 0 || !strstr(path, kind))
		return false;
	return unescape(path, strcspn(path, " "), ret_path, size);
}

bool cgroup_parse_limit(const char *text, uint64_t *ret_value)
{
	char number[32];
	size_t size = strcspn(text, "\n");

	if (size >= sizeof(number) || (text[size] == '\n' && text[size + 1] != '\0'))
		return false;
	memcpy(number, text, size);
	number[size] = '\0';
	if (strcmp(number, "max") == 0) {
		*ret_value = CGROUP_UNLIMITED;
		return true;
	}
	return str_parse_uint(number, 0, CGROUP_UNLIMITED - 1, ret_value);
}

static bool find_mount(char *ret_path, size_t size)
{
	FILE *f = fopen(MOUNTINFO, "re");
	char *line = NULL;
	size_t capacity = 0;
	bool is_found = false;

	while (f && !is_found && getline(&line, &capacity, f) > 0)
		is_found = cgroup_parse_mount(line, ret_path, size);
	free(line);
	if (f)
		(void)fclose(f);
	return is_found;
}

int cgroup_open(const char *path, int *ret_fd)
{
	char found[PATH_MAX];
	int fd;

	if (!path || !*path) {
		if (!find_mount(found, sizeof(found)))
			return -ENOENT;
		path = found;
	}
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int cgroup_read_pids_max(int root_fd, uid_t uid, uint64_t *ret_value)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char name[64], text[64];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "user.slice/user-%u.slice/pids.max", uid);
	/* no file of a cgroup tree lets anybody wait, but an overridden root may hold anything */
	fd = openat(root_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return cgroup_parse_limit(text, ret_value) ? 0 : -EINVAL;
}
