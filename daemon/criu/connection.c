/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/connection.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"

struct name {
	struct sockaddr_un address;
	socklen_t size;
};

static bool get_name(int fd, struct name *ret_name)
{
	*ret_name = (struct name){ .size = sizeof(ret_name->address) };
	return getsockname(fd, (struct sockaddr *)&ret_name->address, &ret_name->size) == 0;
}

static int get_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* Is this descriptor, one of ours, a connection of the listener with that name? */
static bool is_connection(int fd, const struct name *listener)
{
	struct name name;

	if (get_option(fd, SO_DOMAIN) != AF_UNIX || get_option(fd, SO_ACCEPTCONN) == 1)
		return false;
	if (!get_name(fd, &name))
		return true;
	if (listener->size <= offsetof(struct sockaddr_un, sun_path))
		return true;
	return name.size == listener->size &&
	       memcmp(&name.address, &listener->address, name.size) == 0;
}

/* Return: 1 it is; 0 it is not; -errno it cannot be looked at */
static int look_at(DIR *dir, const char *number, int pidfd, const struct name *listener)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	char link[64];
	uint64_t value;
	ssize_t n = readlinkat(dirfd(dir), number, link, sizeof(link));

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((size_t)n < sizeof("socket:") || memcmp(link, "socket:", sizeof("socket:") - 1) != 0)
		return 0;
	if (!str_parse_uint(number, 0, INT32_MAX, &value))
		return -EINVAL;
	/* a reference for a moment; if the process closes it meanwhile, we do that after it */
	fd = pidfd_getfd(pidfd, (int)value, 0);
	if (fd < 0)
		return errno == EBADF ? 0 : -errno;
	return is_connection(fd, listener);
}

bool connection_is_held(pid_t pid, int pidfd, int listener)
{
	struct name name;
	struct dirent *entry;
	char path[64];
	DIR *dir;
	int r = 0;

	if (!get_name(listener, &name))
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return errno != ENOENT;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own */
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			r = look_at(dir, entry->d_name, pidfd, &name);
	}
	(void)closedir(dir);
	return r != 0;
}
