/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"

static int spawn(const char *directory, const char *const *argv, int output, pid_t *ret_pid)
{
	static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
					   "/sbin:/bin",
		"LANG=C.UTF-8", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	(void)posix_spawnattr_init(&attr);
	/* a group of its own, so that what it has started can be killed with it */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (r == 0 && directory)
		r = posix_spawn_file_actions_addchdir_np(&actions, directory);
	/* argv and environ are not changed, whatever their old prototype says */
	if (r == 0)
		r = posix_spawn(ret_pid, argv[0], &actions, &attr,
			(char *const *)(const void *)argv, (char *const *)(const void *)env);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* All that is there now. Return: false at the end of it */
static bool take_output(int fd, struct run_output *o)
{
	char part[4096];
	ssize_t n = read(fd, part, sizeof(part));
	size_t room = sizeof(o->text) - 1 - o->size;

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	if (room > (size_t)n)
		room = (size_t)n;
	memcpy(o->text + o->size, part, room);
	o->size += room;
	return true;
}

/* Until it ends; what it leaves running may keep its output open. Return: 0; -ETIME */
static int watch(int output, int pidfd, unsigned limit_s, struct run_output *o)
{
	uint64_t end = clock_now_ns() + limit_s * NS_PER_S;
	struct pollfd fds[] = { { .fd = output, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };

	for (;;) {
		uint64_t left = clock_since_ns(clock_now_ns(), end) / NS_PER_MS;

		if (left == 0)
			return -ETIME;
		if (poll(fds, 2, (int)(left > 60000 ? 60000 : left)) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents && !take_output(output, o))
			fds[0].fd = -1;
		else if (!fds[0].revents && fds[1].revents)
			return 0;
	}
}

int run_program(const char *const *argv, unsigned limit_s, struct run_output *ret_output)
{
	return run_program_in(NULL, argv, limit_s, ret_output);
}

int run_program_in(const char *directory, const char *const *argv, unsigned limit_s,
	struct run_output *ret_output)
{
	ATTR_CLEANUP(fd_cleanup) int output = -1;
	ATTR_CLEANUP(fd_cleanup) int pidfd = -1;
	int ends[2];
	pid_t pid = -1;
	int r;

	ret_output->size = 0;
	ret_output->status = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	output = ends[0];
	r = spawn(directory, argv, ends[1], &pid);
	(void)fd_close(ends[1]);
	if (r < 0)
		return r;
	r = fd_set_nonblock(output, 1);
	pidfd = pidfd_open(pid, 0);
	if (r == 0)
		r = pidfd < 0 ? -errno : watch(output, pidfd, limit_s, ret_output);
	if (r < 0)
		(void)kill(-pid, SIGKILL);
	ret_output->text[ret_output->size] = '\0';
	while (waitpid(pid, &ret_output->status, 0) < 0 && errno == EINTR)
		;
	return r;
}

bool run_has_worked(const struct run_output *output)
{
	return WIFEXITED(output->status) && WEXITSTATUS(output->status) == 0;
}

const char *run_join(const char *const *argv, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; argv[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "", argv[i]);
	return out;
}
