/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "tests/support/t.h"

#define PROBE "probe"

/* A plan whose program writes to @out; without a change of user. */
static struct child_plan plan_make(const char *binary, char *const *argv, int out)
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const envp[] = { path, NULL };

	return (struct child_plan){
		.binary = binary,
		.argv = argv,
		.envp = envp,
		.fd = { out, out, out },
		.fd_count = 3,
		.can_gain = true,
		.umask = 022,
		.death_signal = SIGTERM,
		.parent = getpid(),
	};
}

/* Start, wait for the report and the end. Return: as child_read_report(). */
static int run(const struct child_plan *plan, struct child_report *failure, int *status)
{
	struct pollfd p = { .events = POLLIN };
	pid_t pid = -1;
	int r;

	assert_int_equal(child_start(plan, &pid, &p.fd), 0);
	assert_int_equal(poll(&p, 1, 10000), 1);
	r = child_read_report(p.fd, failure);
	(void)fd_close(p.fd);
	assert_int_equal(waitpid(pid, status, 0), pid);
	return r;
}

static void child_steps__the_table__in_the_order_that_security_needs(void **state)
{
	static const enum priv_step order[] = { PRIV_STEP_SETSID, PRIV_STEP_FDS, PRIV_STEP_LIMITS,
		PRIV_STEP_PRIORITY, PRIV_STEP_GROUPS, PRIV_STEP_GID, PRIV_STEP_UID, PRIV_STEP_PROOF,
		PRIV_STEP_CHDIR, PRIV_STEP_EXEC };
	size_t count;
	const struct child_step *steps = child_steps(&count);

	(void)state;
	assert_int_equal(count, T_COUNT(order));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(steps[i].step, order[i]);
		assert_non_null(steps[i].run);
	}
}

/* --- the program that child_start() runs: this one, with an argument ------------------------- */

static int count_signals(void)
{
	struct sigaction action;
	sigset_t blocked;
	int count = 0;

	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
	for (int i = 1; i < NSIG; i++) {
		count += sigismember(&blocked, i) == 1;
		count += sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
	}
	return count;
}

static int probe(char **envp)
{
	struct rlimit core;
	char cwd[64];
	mode_t mask = umask(0);

	(void)getrlimit(RLIMIT_CORE, &core);
	(void)printf("session %d, policy %d, umask %03o, cwd %s, core %d, signals %d, fds",
		getsid(0) == getpid(), sched_getscheduler(0), mask, getcwd(cwd, sizeof(cwd)),
		(int)core.rlim_max, count_signals());
	for (int fd = 0; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			(void)printf(" %d", fd);
	}
	for (; *envp; envp++)
		(void)printf(", %s", *envp);
	return 0;
}

/* A session of its own, SCHED_BATCH (3), default signals, three descriptors, the root directory, no
 * more variables.
 */
static void child_start__program__finds_a_clean_place(void **state)
{
	static char word[] = PROBE;
	static char *const argv[] = { word, word, NULL };
	struct child_report failure;
	struct child_plan plan;
	char self[PATH_MAX] = "";
	char text[1024] = "";
	sigset_t set;
	int pipe_fd[2];
	int extra = open("/dev/null", O_RDONLY); /* not close-on-exec, as a careless library's */
	int status;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	plan = plan_make(self, argv, pipe_fd[1]);
	plan.is_batch = true;
	assert_int_equal(run(&plan, &failure, &status), 0);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)fd_close(extra);
	assert_true(read(pipe_fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text,
		"session 1, policy 3, umask 022, cwd /, core 0, signals 0, fds 0 1 2, "
		"PATH=/usr/bin:/bin");
	assert_int_equal(status, 0);
	(void)fd_close(pipe_fd[0]);
	(void)fd_close(pipe_fd[1]);
}

static void child_start__failing_step__named_with_its_errno(void **state)
{
	static char name[] = "x";
	static char *const argv[] = { name, NULL };
	struct child_plan plan = plan_make("/no-such-binary", argv, STDERR_FILENO);
	struct child_report failure;
	int status;

	(void)state;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_EXEC);
	assert_int_equal(failure.error, ENOENT);
	assert_int_equal(WEXITSTATUS(status), 127);
	plan.binary = "/etc/passwd";
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_EXEC);
	assert_int_equal(failure.error, EACCES);
	plan.fd[1] = 9999;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_FDS);
	assert_int_equal(failure.error, EBADF);
	plan.fd[1] = STDERR_FILENO;
	plan.parent = 1;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_PROOF);
	assert_int_equal(failure.error, ESRCH);
}

/* A lower nice value and score are root's to give; here both may refuse, and it starts. */
static void child_start__wishes__granted_or_told(void **state)
{
	static char sh[] = "sh";
	static char c[] = "-c";
	static char script[] = "ulimit -n; ulimit -Hn; ulimit -f; ulimit -t; nice; "
			       "cat /proc/self/oom_score_adj";
	static char *const argv[] = { sh, c, script, NULL };
	uint64_t limits[LIMIT_COUNT];
	struct child_report report;
	char text[256] = "";
	struct child_plan plan;
	struct rlimit files;
	int pipe_fd[2];
	int status;

	(void)state;
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		limits[i] = LIMIT_UNSET;
	limits[LIMIT_NOFILE] = 77;
	limits[LIMIT_FSIZE] = 8192;
	limits[LIMIT_CPU] = 50;
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	plan = plan_make("/usr/bin/dash", argv, pipe_fd[1]);
	plan.limits = limits;
	plan.has_nice = true;
	plan.nice = 7;
	plan.has_oom_score_adj = true;
	plan.oom_score_adj = 321;
	assert_int_equal(run(&plan, &report, &status), 0);
	assert_true(read(pipe_fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "77\n77\n16\n50\n7\n321\n");

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	limits[LIMIT_NOFILE] = 1ULL << 40; /* above fs.nr_open nobody can go */
	plan.has_nice = plan.has_oom_score_adj = false;
	plan.binary = "/usr/bin/true";
	assert_int_equal(run(&plan, &report, &status), CHILD_GOES_ON);
	assert_int_equal(report.wish, CHILD_WISH_LIMIT + LIMIT_NOFILE);
	assert_string_equal(child_wish_key(report.wish), "limit_nofile");
	assert_int_equal(report.error, EPERM);
	assert_int_equal(report.wanted, 1LL << 40);
	assert_int_equal(report.got, files.rlim_max);
	assert_int_equal(status, 0);
	(void)fd_close(pipe_fd[0]);
	(void)fd_close(pipe_fd[1]);
}

static void child_start__wish_refused_and_exec_failed__both_told(void **state)
{
	static char name[] = "x";
	static char *const argv[] = { name, NULL };
	struct child_plan plan = plan_make("/no-such-binary", argv, STDERR_FILENO);
	struct pollfd p = { .events = POLLIN };
	uint64_t limits[LIMIT_COUNT];
	struct child_report report;
	pid_t pid = -1;

	(void)state;
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		limits[i] = LIMIT_UNSET;
	limits[LIMIT_NOFILE] = 1ULL << 40;
	plan.limits = limits;
	assert_int_equal(child_start(&plan, &pid, &p.fd), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(child_read_report(p.fd, &report), CHILD_GOES_ON);
	assert_int_equal(child_read_report(p.fd, &report), CHILD_FAILED);
	assert_int_equal(report.step, PRIV_STEP_EXEC);
	assert_int_equal(report.error, ENOENT);
	assert_int_equal(child_read_report(p.fd, &report), 0);
	(void)fd_close(p.fd);
}

/* Core files have two masters; the one who says no is obeyed. */
static void child_start__coredump_off__limit_core_says_nothing(void **state)
{
	static char sh[] = "sh";
	static char c[] = "-c";
	static char script[] = "ulimit -c; ulimit -Hc";
	static char *const argv[] = { sh, c, script, NULL };
	uint64_t limits[LIMIT_COUNT];
	struct child_report report;
	char text[64] = "";
	struct child_plan plan;
	struct rlimit core;
	int pipe_fd[2];
	int status;

	(void)state;
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		limits[i] = LIMIT_UNSET;
	limits[LIMIT_CORE] = 512; /* one block of the shell's */
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	plan = plan_make("/usr/bin/dash", argv, pipe_fd[1]);
	plan.limits = limits;
	assert_int_equal(run(&plan, &report, &status), 0);
	assert_true(read(pipe_fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "0\n0\n");
	plan.can_dump_core = true;
	memset(text, 0, sizeof(text));
	if (core.rlim_max >= 512) {
		assert_int_equal(run(&plan, &report, &status), 0);
		assert_true(read(pipe_fd[0], text, sizeof(text) - 1) > 0);
		assert_string_equal(text, "1\n1\n");
	}
	(void)fd_close(pipe_fd[0]);
	(void)fd_close(pipe_fd[1]);
}

static void child_start__as_another_user__drop_is_complete_and_proven(void **state)
{
	static char sh[] = "sh";
	static char c[] = "-c";
	static char script[] = "sed -n 's/^\\(Uid\\|Gid\\|Groups\\|CapEff\\|CapPrm\\):[ \\t]*//p' "
			       "/proc/$$/status";
	static char *const argv[] = { sh, c, script, NULL };
	static const gid_t groups[] = { 12346, 12347 };
	struct child_report failure;
	struct child_plan plan;
	char text[512] = "";
	int pipe_fd[2];
	int status;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become somebody else */
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	plan = plan_make("/usr/bin/dash", argv, pipe_fd[1]);
	plan.has_identity = true;
	plan.uid = 12345;
	plan.gid = 12346;
	plan.groups = groups;
	plan.group_count = T_COUNT(groups);
	assert_int_equal(run(&plan, &failure, &status), 0);
	assert_true(read(pipe_fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "12345\t12345\t12345\t12345\n12346\t12346\t12346\t12346\n"
				  "12346 12347 \n0000000000000000\n0000000000000000\n");
	/* to stay root is no drop */
	plan.uid = 0;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_PROOF);
	assert_int_equal(failure.error, EPERM);
	plan.uid = 12345;
	plan.gid = 0;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_PROOF);
	(void)fd_close(pipe_fd[0]);
	(void)fd_close(pipe_fd[1]);
}

static void child_start__as_a_user_who_cannot__step_groups(void **state)
{
	static char name[] = "x";
	static char *const argv[] = { name, NULL };
	static const gid_t groups[] = { 12346 };
	struct child_plan plan = plan_make("/usr/bin/true", argv, STDERR_FILENO);
	struct child_report failure;
	int status;

	(void)state;
	if (geteuid() == 0)
		skip(); /* root can */
	plan.has_identity = true;
	plan.uid = 12345;
	plan.gid = 12346;
	plan.groups = groups;
	plan.group_count = 1;
	assert_int_equal(run(&plan, &failure, &status), 1);
	assert_int_equal(failure.step, PRIV_STEP_GROUPS);
	assert_int_equal(failure.error, EPERM);
}

int main(int argc, char **argv, char **envp)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_steps__the_table__in_the_order_that_security_needs),
		cmocka_unit_test(child_start__program__finds_a_clean_place),
		cmocka_unit_test(child_start__failing_step__named_with_its_errno),
		cmocka_unit_test(child_start__wishes__granted_or_told),
		cmocka_unit_test(child_start__wish_refused_and_exec_failed__both_told),
		cmocka_unit_test(child_start__coredump_off__limit_core_says_nothing),
		cmocka_unit_test(child_start__as_another_user__drop_is_complete_and_proven),
		cmocka_unit_test(child_start__as_a_user_who_cannot__step_groups),
	};

	if (argc == 2 && strcmp(argv[1], PROBE) == 0)
		return probe(envp);
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
