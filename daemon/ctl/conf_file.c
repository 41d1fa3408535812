/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/str.h"
#include "daemon/ctl/conf_line.h"

/* -: standard input. Return: a descriptor; -errno */
static int open_file(const char *path)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return dup(STDIN_FILENO);
	/* a fifo in a user's home must not make anybody wait */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)fd_close(fd);
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	return fd;
}

/* What read() gives, to the end; standard input has no size. Return: 0; -errno */
static int read_all(int fd, char **ret_data, size_t *ret_size)
{
	size_t room = 65536;
	size_t used = 0;
	char *data = malloc(room);

	while (data && used <= CONF_LINE_MAX_FILE) {
		ssize_t n = read(fd, data + used, room - used - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;

			free(data);
			return -error;
		}
		if (n == 0) {
			data[used] = '\0';
			*ret_size = used;
			*ret_data = data;
			return 0;
		}
		used += (size_t)n;
		if (used + 1 == room) {
			char *more = realloc(data, 2 * room);

			if (!more)
				break;
			data = more;
			room *= 2;
		}
	}
	free(data);
	return used > CONF_LINE_MAX_FILE ? -EFBIG : -ENOMEM;
}

int conf_file_read(const char *path, char **ret_data, size_t *ret_size)
{
	ATTR_CLEANUP(fd_cleanup) int fd = open_file(path);

	return fd < 0 ? fd : read_all(fd, ret_data, ret_size);
}

int conf_file_match(const char *server_root, const char *pattern, conf_file_fn tell, void *data)
{
	char path[4096];
	glob_t found = { .gl_pathc = 0 };
	struct stat st;
	int r;

	if (pattern[0] == '/' || !server_root[0])
		(void)str_copy(path, sizeof(path), pattern);
	else
		(void)snprintf(path, sizeof(path), "%s/%s", server_root, pattern);
	/* a directory means all files in it */
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && strlen(path) + 3 <= sizeof(path))
		memcpy(path + strlen(path), "/*", 3);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	r = glob(path, 0, NULL, &found) == 0 ? 0 : -ENOENT;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
		tell(found.gl_pathv[i], data);
	globfree(&found);
	return r;
}
