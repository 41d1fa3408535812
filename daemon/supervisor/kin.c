/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/kin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"

/* The number after "\nNAME:" and white space; the kernel escapes a newline in the command's name.
 */
static bool read_numbers(const char *text, const char *name, unsigned long long *ret, size_t count)
{
	const char *at = strstr(text, name);
	size_t i;

	if (!at)
		return false;
	at += strlen(name);
	for (i = 0; i < count; i++) {
		char *end;

		errno = 0;
		ret[i] = strtoull(at, &end, 10);
		if (errno || end == at || (*end != '\t' && *end != '\n'))
			return false;
		at = end;
	}
	return true;
}

bool kin_is(const struct kin *k, const char *text)
{
	unsigned long long parent;
	unsigned long long uid[4];
	size_t i;

	if (!read_numbers(text, "\nPPid:\t", &parent, 1) || !read_numbers(text, "\nUid:\t", uid, 4))
		return false;
	for (i = 0; i < 4; i++) {
		if (uid[i] != k->uid)
			return false;
	}
	return parent == (unsigned long long)k->parent;
}

static bool read_status(pid_t pid, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	(void)fd_close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

int kin_signal(const struct kin *k, pid_t pid, int signal_number)
{
	char text[KIN_STATUS_SIZE];
	int fd = pidfd_open(pid, 0);
	int error = 0;

	/* EINVAL: a thread's id, or no id at all */
	if (fd < 0 && errno == EINVAL)
		return KIN_E_STRANGER;
	if (fd < 0)
		return errno == ESRCH ? KIN_E_GONE : err_origin(-errno);
	if (!read_status(pid, text, sizeof(text)))
		error = KIN_E_GONE;
	else if (!kin_is(k, text))
		error = KIN_E_STRANGER;
	else if (pidfd_send_signal(fd, signal_number, NULL, 0) < 0)
		error = errno == ESRCH ? KIN_E_GONE : err_origin(-errno);
	(void)fd_close(fd);
	return error;
}
