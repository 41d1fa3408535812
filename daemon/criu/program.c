/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"

int program_check(const char *path, char *ret_identity, size_t size, struct why *reterr)
{
	struct path_check_fault *fault = calloc(1, sizeof(*fault));
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct stat st;
	int r;

	if (!fault) {
		why_set(reterr, "out of memory");
		return 1;
	}
	r = path_check_open(path, PATH_CHECK_PROGRAM, 0, &fd, fault);
	if (r == PATH_CHECK_E_MISSING)
		why_set(reterr, "%s is not there: install the package criu", path);
	else if (r)
		why_set(reterr, "%s %s: %s", fault->at, path_check_text(r), path_check_remedy(r));
	free(fault);
	if (r)
		return 1;
	if (fstat(fd, &st) < 0) {
		why_set(reterr, "%s: %s", path, strerrordesc_np(errno));
		return 1;
	}
	(void)snprintf(ret_identity, size, "%ju-%ju-%jd.%09ld", (uintmax_t)st.st_ino,
		(uintmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return 0;
}

/* @output: where all that it says goes. @error_fd: gets the errno if it cannot be executed. */
static _Noreturn void run(const char *path, const char *argument, int output, int error_fd)
{
	static char *const environ_none[] = { NULL };
	int error;

	if (dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0)
		(void)execle(path, path, argument, (char *)NULL, environ_none);
	error = errno;
	while (write(error_fd, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* All of it is read, so that the program never waits for us; what does not fit is dropped. */
static void read_output(int fd, struct program_output *o)
{
	char part[4096];
	ssize_t n;

	o->size = 0;
	do {
		size_t room = sizeof(o->text) - 1 - o->size;

		n = read(fd, part, sizeof(part));
		if (n <= 0)
			continue;
		if (room > (size_t)n)
			room = (size_t)n;
		memcpy(o->text + o->size, part, room);
		o->size += room;
	} while (n > 0 || (n < 0 && errno == EINTR));
	o->text[o->size] = '\0';
}

/* Return: 0; errno of the exec */
static int read_error(int fd)
{
	int error = 0;
	ssize_t n;

	do {
		n = read(fd, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

static int start(
	const char *path, const char *argument, int *ret_output, int *ret_error, pid_t *ret_pid)
{
	int output[2];
	int error[2];
	pid_t pid;

	if (pipe2(output, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(error, O_CLOEXEC) < 0) {
		(void)fd_close(output[0]);
		(void)fd_close(output[1]);
		return -errno;
	}
	pid = fork();
	if (pid == 0)
		run(path, argument, output[1], error[1]);
	(void)fd_close(output[1]);
	(void)fd_close(error[1]);
	*ret_output = output[0];
	*ret_error = error[0];
	*ret_pid = pid;
	return pid < 0 ? -errno : 0;
}

int program_ask(const char *path, const char *argument, struct program_output *ret_output)
{
	ATTR_CLEANUP(fd_cleanup) int output = -1;
	ATTR_CLEANUP(fd_cleanup) int error_fd = -1;
	pid_t pid = -1;
	int r = start(path, argument, &output, &error_fd, &pid);

	if (r < 0)
		return r;
	r = -read_error(error_fd);
	read_output(output, ret_output);
	while (waitpid(pid, &ret_output->status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return r;
}
