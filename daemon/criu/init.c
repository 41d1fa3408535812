/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/init.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/capability.h"
#include "daemon/criu/report.h"

enum init_state {
	INIT_SERVING,  /* lsphp lives */
	INIT_LEAVING,  /* lsphp lives, and the supervisor does not: it was told to end */
	INIT_EMPTYING, /* lsphp has ended; what it left finishes */
	INIT_EMPTY
};

struct init {
	enum init_state state;
	pid_t lsphp; /* not reaped as long as it lives: the number stays its own */
	int signal_fd;
};

int init_block(void)
{
	sigset_t all;
	int error;
	int fd;

	/* all: to a signal that is neither blocked nor caught an init is deaf anyway */
	(void)sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (error)
		return -error;
	(void)sigemptyset(&all);
	(void)sigaddset(&all, SIGTERM);
	(void)sigaddset(&all, SIGCHLD);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* The numbers from @first on but for @kept, which is one of them. */
static int close_but(unsigned first, unsigned kept)
{
	if (kept > first && close_range(first, kept - 1, 0) < 0)
		return -errno;
	return close_range(kept + 1, UINT_MAX, 0) < 0 ? -errno : 0;
}

int init_confine(int signal_fd)
{
	int r = close_range(0, JOB_FD_REPORT - 1, 0) < 0 ? -errno : 0;

	if (r == 0)
		r = close_but(JOB_FD_REPORT + 1, (unsigned)signal_fd);
	if (r == 0)
		r = chdir("/") < 0 ? -errno : 0;
	if (r == 0)
		r = capability_keep_kill();
	(void)malloc_trim(0);
	return r;
}

static void end_lsphp(const struct init *in)
{
	/* it is our child, and not reaped: the number is its own */
	if (in->state == INIT_SERVING || in->state == INIT_LEAVING)
		(void)kill(in->lsphp, SIGTERM);
}

static void report_end(int status)
{
	const struct job_report report = { .result = JOB_ENDED, .status = status };

	report_send(&report);
	(void)fd_close(JOB_FD_REPORT);
}

static void reap(struct init *in)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->lsphp && in->state != INIT_EMPTYING) {
			report_end(status);
			in->state = INIT_EMPTYING;
		}
	}
	if (pid < 0 && errno == ECHILD)
		in->state = INIT_EMPTY;
}

static void take_signals(struct init *in)
{
	struct signalfd_siginfo info;

	while (read(in->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM)
			end_lsphp(in);
	}
	/* SIGCHLD comes once for many */
	reap(in);
}

void init_run(int signal_fd, pid_t lsphp)
{
	struct init in = { .state = INIT_SERVING, .lsphp = lsphp, .signal_fd = signal_fd };

	/* what ended before its signal could be seen */
	reap(&in);
	while (in.state != INIT_EMPTY) {
		struct pollfd fds[] = {
			{ .fd = signal_fd, .events = POLLIN },
			/* without events it tells of its readers' end alone */
			{ .fd = in.state == INIT_SERVING ? JOB_FD_REPORT : -1 },
		};

		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if (fds[1].revents) {
			in.state = INIT_LEAVING;
			end_lsphp(&in);
		}
		if (fds[0].revents)
			take_signals(&in);
	}
}
