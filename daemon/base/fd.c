/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/err.h"

int fd_close(int fd)
{
	int saved_errno = errno;

	/* not repeated on EINTR: Linux has released the number by then, see close(2) */
	if (fd >= 0)
		(void)close(fd);
	errno = saved_errno;
	return -1;
}

int fd_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

void fd_cleanup(int *fd)
{
	*fd = fd_close(*fd);
}

static int fd_change_flag(int fd, int get, int set, int flag, int is_on)
{
	int old = fcntl(fd, get);
	int wanted;

	if (old < 0)
		return err_origin(-errno);
	wanted = is_on ? old | flag : old & ~flag;
	if (wanted == old)
		return 0;
	if (fcntl(fd, set, wanted) < 0)
		return err_origin(-errno);
	return 0;
}

int fd_set_nonblock(int fd, int is_nonblock)
{
	return fd_change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, is_nonblock);
}

int fd_set_cloexec(int fd, int is_cloexec)
{
	return fd_change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, is_cloexec);
}

/* Fill @data from the start of @fd until @size or the end. Return: bytes; -errno. */
static ssize_t fd_pread_full(int fd, char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, data + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_origin(-errno);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_read_all(int fd, size_t max, char **ret_data, size_t *ret_size)
{
	struct stat st;
	char *data;
	size_t size;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_origin(-errno);
	if (!S_ISREG(st.st_mode))
		return err_origin(-EINVAL);
	if ((uintmax_t)st.st_size > max)
		return -EFBIG;
	size = (size_t)st.st_size;
	/* one byte for the NUL, which also shows a file that has grown since fstat */
	data = malloc(size + 1);
	if (!data)
		return -ENOMEM;
	n = fd_pread_full(fd, data, size + 1);
	if (n < 0 || (size_t)n > size) {
		free(data);
		return n < 0 ? (int)n : err_origin(-EAGAIN);
	}
	data[n] = '\0';
	*ret_data = data;
	*ret_size = (size_t)n;
	return 0;
}

int fd_memfd(const char *name, const void *data, size_t size)
{
	ATTR_CLEANUP(fd_cleanup) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const char *from = data;
	size_t done = 0;

	if (fd < 0)
		return err_origin(-errno);
	/* pwrite leaves the offset at the start for a receiver that uses read(2) */
	while (done < size) {
		ssize_t n = pwrite(fd, from + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_origin(-errno);
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_origin(-errno);
	return fd_steal(&fd);
}

static int get_socket_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

bool fd_is_unix_listener(int fd, int type)
{
	return get_socket_option(fd, SO_DOMAIN) == AF_UNIX &&
	       get_socket_option(fd, SO_TYPE) == type && get_socket_option(fd, SO_ACCEPTCONN) == 1;
}

bool fd_is_sealed(int fd)
{
	static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int got = fcntl(fd, F_GET_SEALS);

	return got >= 0 && (got & seals) == seals;
}
