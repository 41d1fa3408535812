/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/pstree.h"

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"

#define MAGIC_COMMON 0x54564319U
#define MAGIC_PSTREE 0x50273030U
/** Some hundred bytes for a process with many threads; we want one process. */
#define PSTREE_MAX_BYTES (1U << 20)

static bool take_u32(const uint8_t **at, size_t *left, uint32_t *ret_value)
{
	uint32_t value;

	if (*left < sizeof(value))
		return false;
	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	*left -= sizeof(value);
	*ret_value = le32toh(value);
	return true;
}

size_t pstree_count(const void *data, size_t size)
{
	const uint8_t *at = data;
	uint32_t common, magic, length;
	size_t count = 0;

	if (!take_u32(&at, &size, &common) || !take_u32(&at, &size, &magic))
		return 0;
	if (common != MAGIC_COMMON || magic != MAGIC_PSTREE)
		return 0;
	while (size) {
		if (!take_u32(&at, &size, &length) || length > size)
			return 0;
		at += length;
		size -= length;
		count++;
	}
	return count;
}

size_t pstree_read(int dir)
{
	ATTR_CLEANUP(fd_cleanup) int fd = openat(dir, "pstree.img", O_RDONLY | O_CLOEXEC);
	char *data = NULL;
	size_t size = 0;
	size_t count;

	if (fd < 0 || fd_read_all(fd, PSTREE_MAX_BYTES, &data, &size) < 0)
		return 0;
	count = pstree_count(data, size);
	free(data);
	return count;
}

bool pstree_has_other(int dir, pid_t pid)
{
	static const char prefix[] = "core-";
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd); /* which takes the descriptor */
	const struct dirent *entry;
	bool has_other = false;
	char own[32];

	if (!names) {
		(void)fd_close(fd);
		return false;
	}
	(void)snprintf(own, sizeof(own), "%s%d.img", prefix, pid);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (!has_other && (entry = readdir(names)))
		has_other = strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0 &&
			    strcmp(entry->d_name, own) != 0;
	(void)closedir(names);
	return has_other;
}
