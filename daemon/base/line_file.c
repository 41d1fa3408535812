/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/line_file.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "daemon/base/fd.h"

void line_file_replace(struct line_file *f, int fd)
{
	(void)fd_close(f->fd);
	f->fd = fd;
	f->is_torn = false;
}

/* Return: 0; errno. What was taken in part only leaves the file torn: half a line is none. */
static int append(struct line_file *f, const char *data, size_t size)
{
	ssize_t n;

	do
		n = write(f->fd, data, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if (n > 0)
		f->is_torn = (size_t)n < size;
	return (size_t)n == size ? 0 : ENOSPC;
}

int line_file_write(struct line_file *f, const char *line, size_t size)
{
	int error = f->fd < 0 ? EBADF : 0;

	if (!error && f->is_torn)
		error = append(f, "\n", 1);
	if (!error)
		error = append(f, line, size);
	if (error)
		f->lost++;
	return -error;
}
