/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int key_check(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)CONTROL_KEY_SIZE)
		return -EINVAL;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	return 0;
}

int shim_key_read(const char *path, uint8_t ret_key[CONTROL_KEY_SIZE])
{
	uint8_t key[CONTROL_KEY_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	int r = key_check(fd);

	if (r == 0) {
		ssize_t n = read(fd, key, sizeof(key));

		if (n < 0)
			r = -errno;
		else if (n != (ssize_t)sizeof(key))
			r = -EINVAL;
	}
	(void)close(fd);
	if (r == 0)
		memcpy(ret_key, key, sizeof(key));
	return r;
}
