/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Renames beside us make the kernel say EAGAIN; somebody could go on with them for ever. */
#define TRIES 16

const char *shim_beneath_find(const char *dir, const char *path)
{
	size_t size = strlen(dir);

	while (size > 0 && dir[size - 1] == '/')
		size--;
	if (size == 0 || strncmp(dir, path, size) != 0 || path[size] != '/')
		return NULL;
	path += size;
	while (*path == '/')
		path++;
	return *path ? path : NULL;
}

int shim_beneath_open(const char *dir, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd = -1;

	if (dir_fd < 0)
		return -errno;
	for (int i = 0; i < TRIES && fd < 0; i++) {
		fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	int r = fd < 0 ? -errno : (int)fd;

	(void)close(dir_fd);
	return r;
}
