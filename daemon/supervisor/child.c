/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "proto/pool_spec.h"

/* Above every number that a program's own descriptors get. */
#define CHILD_HOLD_FD 16

static int step_setsid(const struct child_plan *p, int *report_fd)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int signal_number;
	int error;

	(void)p;
	(void)report_fd;
	/* the two that libc keeps for itself and the two that cannot be caught refuse: no matter */
	for (signal_number = 1; signal_number < NSIG; signal_number++)
		(void)sigaction(signal_number, &action, NULL);
	(void)sigemptyset(&none);
	error = pthread_sigmask(SIG_SETMASK, &none, NULL);
	if (error)
		return error;
	return setsid() < 0 ? errno : 0;
}

/* Move all out of the way first: a target number may be the source of another. */
static int step_fds(const struct child_plan *p, int *report_fd)
{
	int held[CHILD_MAX_FDS];
	int report = fcntl(*report_fd, F_DUPFD_CLOEXEC, CHILD_HOLD_FD);
	size_t i;

	if (report < 0)
		return errno;
	*report_fd = report;
	for (i = 0; i < p->fd_count; i++) {
		held[i] = fcntl(p->fd[i], F_DUPFD_CLOEXEC, CHILD_HOLD_FD);
		if (held[i] < 0)
			return errno;
	}
	for (i = 0; i < p->fd_count; i++) {
		if (dup2(held[i], (int)i) < 0)
			return errno;
	}
	if (close_range((unsigned)p->fd_count, (unsigned)report - 1, 0) < 0 ||
		close_range((unsigned)report + 1, UINT_MAX, 0) < 0)
		return errno;
	return 0;
}

/* Less than PIPE_BUF, and the pipe holds more than all wishes: all of it or nothing. */
static void child_report(int report_fd, const struct child_report *report)
{
	while (write(report_fd, report, sizeof(*report)) < 0 && errno == EINTR)
		;
}

static void set_limits(const struct child_plan *p, int report_fd)
{
	struct child_report report = { .step = PRIV_STEP_LIMITS };
	uint64_t got = 0;
	unsigned i;

	for (i = 0; i < LIMIT_COUNT; i++) {
		report.error = limit_set((enum limit)i, p->limits[i], &got);
		if (!report.error)
			continue;
		report.wish = CHILD_WISH_LIMIT + i;
		/* RLIM_INFINITY is -1 */
		report.wanted = (int64_t)p->limits[i];
		report.got = (int64_t)got;
		child_report(report_fd, &report);
	}
}

/* Return: 0; errno */
static int raise_to_hard(enum __rlimit_resource resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit) < 0 ? errno : 0;
}

static int step_limits(const struct child_plan *p, int *report_fd)
{
	static const struct rlimit no_core = { .rlim_cur = 0, .rlim_max = 0 };
	bool has_core_limit = p->limits && p->limits[LIMIT_CORE] != LIMIT_UNSET;
	int error = 0;

	if (p->limits)
		set_limits(p, *report_fd);
	/* the stronger word, whatever limit_core says */
	if (!p->can_dump_core && setrlimit(RLIMIT_CORE, &no_core) < 0)
		return errno;
	/* who asks for core files does not mean the soft limit of 0 that we may have (B58) */
	if (p->can_dump_core && !has_core_limit)
		error = raise_to_hard(RLIMIT_CORE);
	if (!error && p->needs_many_fds)
		error = raise_to_hard(RLIMIT_NOFILE);
	return error;
}

static int read_oom_score_adj(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	char text[8] = "";
	int value = 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *c = text;

	(void)close(fd);
	if (n > 0 && *c == '-')
		c++;
	for (; *c >= '0' && *c <= '9'; c++)
		value = value * 10 + (*c - '0');
	return text[0] == '-' ? -value : value;
}

/* Return: 0; errno. No stdio here: it may wait for a lock that nobody will give back. */
static int write_oom_score_adj(int value)
{
	char text[8];
	char *c = text + sizeof(text);
	int left = value < 0 ? -value : value;
	int error = 0;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	do
		*--c = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		*--c = '-';
	if (write(fd, c, (size_t)(text + sizeof(text) - c)) < 0)
		error = errno;
	(void)close(fd);
	return error;
}

/* With all rights that we have: later they are gone. What is refused stays as it is. */
static int step_priority(const struct child_plan *p, int *report_fd)
{
	struct child_report report = { .step = PRIV_STEP_PRIORITY };

	/* everybody may (sched(7)); where a sandbox forbids it, it is only slower */
	if (p->is_batch)
		(void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });

	if (p->has_nice && setpriority(PRIO_PROCESS, 0, p->nice) < 0) {
		report.error = errno;
		report.wish = CHILD_WISH_NICE;
		report.wanted = p->nice;
		report.got = getpriority(PRIO_PROCESS, 0);
		child_report(*report_fd, &report);
	}
	if (p->has_oom_score_adj && read_oom_score_adj() != p->oom_score_adj) {
		report.error = write_oom_score_adj(p->oom_score_adj);
		report.wish = CHILD_WISH_OOM_SCORE_ADJ;
		report.wanted = p->oom_score_adj;
		report.got = read_oom_score_adj();
		if (report.error)
			child_report(*report_fd, &report);
	}
	return 0;
}

/*
 * What root needs for CRIU, and nobody else. Without CAP_SETPCAP it is refused, but then CRIU does
 * not work, and whoever gave us the others knows why.
 */
static void drop_bounding_set(void)
{
	static const int dropped[] = { CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SYS_TIME, CAP_NET_ADMIN,
		CAP_MKNOD, CAP_SETPCAP };
	size_t i;

	for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		(void)prctl(PR_CAPBSET_DROP, dropped[i], 0, 0, 0);
}

static int step_groups(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	if (p->has_identity && p->is_bounded)
		drop_bounding_set();
	return p->has_identity && setgroups(p->group_count, p->groups) < 0 ? errno : 0;
}

static int step_gid(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	return p->has_identity && setresgid(p->gid, p->gid, p->gid) < 0 ? errno : 0;
}

static int step_uid(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	return p->has_identity && setresuid(p->uid, p->uid, p->uid) < 0 ? errno : 0;
}

static bool is_exactly(const struct child_plan *p)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(&u[0], &u[1], &u[2]) < 0 || getresgid(&g[0], &g[1], &g[2]) < 0)
		return false;
	return u[0] == p->uid && u[1] == p->uid && u[2] == p->uid && g[0] == p->gid &&
	       g[1] == p->gid && g[2] == p->gid;
}

/*
 * A drop that can be undone is none: try it. Then the signal that ties this life to the
 * supervisor's; it has to follow the change of user, which clears it: prctl(2).
 * Source: OpenSSH uidswap.c, permanently_set_uid().
 */
static int step_proof(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	if (p->has_identity) {
		if (p->uid == 0 || p->gid == 0 || setuid(0) == 0 || seteuid(0) == 0 ||
			setgid(0) == 0 || setegid(0) == 0 || !is_exactly(p))
			return EPERM;
	}
	if (!p->can_gain && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errno;
	if (prctl(PR_SET_PDEATHSIG, p->death_signal, 0, 0, 0) < 0)
		return errno;
	/* it may have died before that call, and then nobody would tell us */
	return getppid() == p->parent ? 0 : ESRCH;
}

static int step_chdir(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	(void)umask(p->umask);
	return chdir("/") < 0 ? errno : 0;
}

static int step_exec(const struct child_plan *p, int *report_fd)
{
	(void)report_fd;
	if (p->run)
		p->run(p->run_argument);
	else
		(void)execve(p->binary, p->argv, p->envp);
	return errno;
}

static const struct child_step steps[] = {
	{ PRIV_STEP_SETSID, step_setsid },
	{ PRIV_STEP_FDS, step_fds },
	{ PRIV_STEP_LIMITS, step_limits },
	{ PRIV_STEP_PRIORITY, step_priority },
	{ PRIV_STEP_GROUPS, step_groups },
	{ PRIV_STEP_GID, step_gid },
	{ PRIV_STEP_UID, step_uid },
	{ PRIV_STEP_PROOF, step_proof },
	{ PRIV_STEP_CHDIR, step_chdir },
	{ PRIV_STEP_EXEC, step_exec },
};

const struct child_step *child_steps(size_t *ret_count)
{
	*ret_count = sizeof(steps) / sizeof(steps[0]);
	return steps;
}

static _Noreturn void child_run(const struct child_plan *p, int report_fd)
{
	struct child_report failure = { .wish = CHILD_WISH_NONE };
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		failure.step = (uint32_t)steps[i].step;
		failure.error = steps[i].run(p, &report_fd);
		if (failure.error)
			break;
	}
	child_report(report_fd, &failure);
	_exit(127);
}

/* clone(2) without a stack is fork(2) with namespaces; libc has no function for it. */
static pid_t fork_into(uint64_t clone_flags)
{
	if (!clone_flags)
		return fork();
	return (pid_t)syscall(SYS_clone, clone_flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

int child_start(const struct child_plan *p, pid_t *ret_pid, int *ret_report_fd)
{
	int pipe_fd[2];
	int error;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return -errno;
	error = -fd_set_nonblock(pipe_fd[0], true);
	if (!error) {
		pid = fork_into(p->clone_flags);
		if (pid == 0)
			child_run(p, pipe_fd[1]);
		error = pid < 0 ? errno : 0;
	}
	(void)fd_close(pipe_fd[1]);
	if (error) {
		(void)fd_close(pipe_fd[0]);
		return -error;
	}
	*ret_pid = pid;
	*ret_report_fd = pipe_fd[0];
	return 0;
}

int child_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count)
{
	const struct child_plan plan = {
		.has_identity = geteuid() == 0,
		.uid = uid,
		.gid = gid,
		.groups = groups,
		.group_count = group_count,
		.parent = getppid(),
	};
	int report_fd = -1;
	int error = step_groups(&plan, &report_fd);

	if (!error)
		error = step_gid(&plan, &report_fd);
	if (!error)
		error = step_uid(&plan, &report_fd);
	return error ? error : step_proof(&plan, &report_fd);
}

int child_read_report(int report_fd, struct child_report *ret_report)
{
	struct child_report report;
	ssize_t n;

	do {
		n = read(report_fd, &report, sizeof(report));
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n != (ssize_t)sizeof(report))
		return 0;
	*ret_report = report;
	return report.wish == CHILD_WISH_NONE ? CHILD_FAILED : CHILD_GOES_ON;
}

const char *child_wish_key(unsigned wish)
{
	if (wish >= CHILD_WISH_LIMIT && wish < CHILD_WISH_COUNT)
		return limit_key((enum limit)(wish - CHILD_WISH_LIMIT));
	return wish == CHILD_WISH_NICE ? SPEC_NICE : SPEC_OOM_SCORE_ADJ;
}
