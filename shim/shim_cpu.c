/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_cpu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool shim_cpu_get(uint32_t pid, uint64_t *ret_ns)
{
	char path[32], text[64];

	(void)snprintf(path, sizeof(path), "/proc/%u/schedstat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t size = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	if (size <= 0)
		return false;
	text[size] = '\0';
	*ret_ns = strtoull(text, NULL, 10);
	return *ret_ns > 0;
}
