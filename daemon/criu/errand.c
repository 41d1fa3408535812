/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/errand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"

/* Who is not gone so soon after SIGKILL waits in the kernel. */
#define KILLED_MS 50U

/* Return: has it ended? */
static bool wait_until(int pidfd, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		uint64_t now = clock_now_ns();
		uint64_t left_ms = deadline_ns > now ? (deadline_ns - now) / NS_PER_MS + 1 : 0;
		int n = poll(&p, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);

		if (n > 0)
			return true;
		if (n == 0 && left_ms == 0)
			return false;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static int reap(pid_t pid)
{
	int status = 0;
	pid_t r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_origin(-errno);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int errand_run(errand_fn fn, const void *arg, uint32_t limit_ms)
{
	const uint64_t deadline_ns = clock_now_ns() + limit_ms * NS_PER_MS;
	ATTR_CLEANUP(fd_cleanup) int pidfd = -1;
	pid_t pid = fork();

	if (pid < 0)
		return err_origin(-errno);
	if (pid == 0)
		_exit(fn(arg));
	pidfd = pidfd_open(pid, 0);
	if (pidfd >= 0 && wait_until(pidfd, deadline_ns))
		return reap(pid);
	(void)kill(pid, SIGKILL);
	if (pidfd >= 0 && wait_until(pidfd, clock_now_ns() + KILLED_MS * NS_PER_MS))
		(void)reap(pid);
	return err_origin(-ETIMEDOUT);
}
