/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/check/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"

/** If there is no account of that name: what kernels and distributions call so. */
#define NOBODY 65534U

/* In the child: what can not be done ends it. */
static void become_nobody(void)
{
	static const struct rlimit none = { .rlim_cur = 0 }, some = { 10, 10 };
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const struct passwd *pw = getpwnam("nobody");
	uid_t uid = pw ? pw->pw_uid : NOBODY;
	gid_t gid = pw ? pw->pw_gid : NOBODY;

	if (chdir("/") < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
		setrlimit(RLIMIT_CPU, &some) < 0 || setgroups(1, &gid) < 0 ||
		setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(126);
}

static void run_child(const char *program, const char *argument, int output)
{
	static const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", NULL };
	const char *argv[] = { program, argument, NULL };
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	(void)setsid(); /* so that what it starts is killed with it */
	become_nobody();
	/* the words are not changed, whatever the old prototype says */
	(void)execve(program, (char *const *)(const void *)argv, (char *const *)(const void *)env);
	_exit(127);
}

/* Until it closes its output. Return: 0; -ETIME */
static int listen_to(int fd, uint64_t end_ns, struct probe *p)
{
	size_t used = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		uint64_t left_ns = clock_since_ns(clock_now_ns(), end_ns);
		char part[512];
		ssize_t n;

		if (left_ns == 0)
			return -ETIME;
		if (poll(&wait, 1, (int)(left_ns / NS_PER_MS) + 1) <= 0)
			continue;
		n = read(fd, part, sizeof(part));
		if (n == 0 || (n < 0 && errno != EINTR))
			return 0;
		for (ssize_t i = 0; i < n && used + 1 < sizeof(p->output); i++)
			p->output[used++] = part[i];
		p->output[used] = '\0';
	}
}

int probe_run(const char *program, const char *argument, unsigned limit_ms, struct probe *ret_probe)
{
	uint64_t end_ns = clock_now_ns() + limit_ms * NS_PER_MS;
	ATTR_CLEANUP(fd_cleanup) int from = -1;
	int ends[2];
	pid_t pid;
	int r;

	*ret_probe = (struct probe){ .status = 0 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	from = ends[0];
	pid = fork();
	if (pid == 0)
		run_child(program, argument, ends[1]);
	r = pid < 0 ? -errno : 0;
	(void)fd_close(ends[1]);
	if (r < 0)
		return r;
	r = listen_to(from, end_ns, ret_probe);
	/* its output is closed: it has ended, or has nothing more to say to us */
	if (r < 0)
		(void)kill(-pid, SIGKILL);
	(void)kill(pid, r < 0 ? SIGKILL : 0);
	while (waitpid(pid, &ret_probe->status, 0) < 0 && errno == EINTR)
		;
	return r;
}
