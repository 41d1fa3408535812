/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/weight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"

/** Seven numbers of at most 20 digits, and what is between them. */
#define WEIGHT_TEXT_SIZE 192U

static bool parse_pages(const char **at, uint64_t *ret_pages)
{
	char *end;

	/* strtoull(3) would also take a sign */
	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret_pages = strtoull(*at, &end, 10);
	if (errno || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

bool weight_parse(const char *text, uint64_t page_size, uint64_t *ret_bytes)
{
	uint64_t size = 0, resident = 0, shared = 0, own;

	if (!parse_pages(&text, &size) || !parse_pages(&text, &resident) ||
		!parse_pages(&text, &shared))
		return false;
	/* the counters are not read at one moment */
	own = resident > shared ? resident - shared : 0;
	if (own > UINT64_MAX / page_size)
		return false;
	*ret_bytes = own * page_size;
	return true;
}

/* init is there and is root's: who cannot see it sees no process of another user. */
static bool is_proc_hidden(void)
{
	return access("/proc/1/statm", R_OK) < 0;
}

int weight_read(pid_t pid, uint64_t *ret_bytes)
{
	char text[WEIGHT_TEXT_SIZE];
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		if (is_proc_hidden())
			return WEIGHT_E_HIDDEN;
		return errno == ENOENT ? WEIGHT_E_GONE : err_origin(-errno);
	}
	n = read(fd, text, sizeof(text) - 1);
	(void)fd_close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (!weight_parse(text, (uint64_t)sysconf(_SC_PAGESIZE), ret_bytes))
		return WEIGHT_E_GONE;
	return 0;
}
