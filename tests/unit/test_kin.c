/* SPDX-License-Identifier: Apache-2.0 */

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/supervisor/kin.h"
#include "tests/support/t.h"

#define STATUS(name, ppid, uids)                                                                   \
	"Name:\t" name "\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t77\nNgid:\t0\nPid:\t77\n"     \
	"PPid:\t" ppid "\nTracerPid:\t0\nUid:\t" uids "\nGid:\t9\t9\t9\t9\nFDSize:\t64\n"

static void is__status_texts__only_the_child_itself(void **state)
{
	static const struct kin k = { .parent = 70, .uid = 1001 };
	static const struct {
		const char *name;
		const char *text;
		bool is_kin;
	} cases[] = {
		{ "the child", STATUS("lsphp", "70", "1001\t1001\t1001\t1001"), true },
		{ "of another parent", STATUS("lsphp", "71", "1001\t1001\t1001\t1001"), false },
		{ "of a longer number", STATUS("lsphp", "700", "1001\t1001\t1001\t1001"), false },
		{ "of another user", STATUS("lsphp", "70", "1002\t1002\t1002\t1002"), false },
		{ "real id differs", STATUS("su", "70", "1002\t1001\t1001\t1001"), false },
		{ "effective id differs", STATUS("su", "70", "1001\t0\t1001\t1001"), false },
		{ "saved id differs", STATUS("su", "70", "1001\t1001\t0\t1001"), false },
		{ "file system id differs", STATUS("su", "70", "1001\t1001\t1001\t0"), false },
		/* the kernel writes a newline of the name as two characters */
		{ "name that looks like a line",
			STATUS("\\nPPid:\t70\\nUid:\t1001\t1001\t1001\t1001", "1", "0\t0\t0\t0"),
			false },
		{ "empty", "", false },
		{ "cut before Uid", "Name:\tlsphp\nPPid:\t70\nUid:\t1001", false },
		{ "cut in Uid", "Name:\tlsphp\nPPid:\t70\nUid:\t1001\t1001\t1001\t1001", false },
		{ "not a number", STATUS("lsphp", "x", "1001\t1001\t1001\t1001"), false },
		{ "too large a number", STATUS("lsphp", "99999999999999999999999999", "1\t1\t1\t1"),
			false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].name, kin_is(&k, cases[i].text) == cases[i].is_kin);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	return pid;
}

static void signal__child_of_ours__gets_it(void **state)
{
	const struct kin k = { .parent = getpid(), .uid = getuid() };
	pid_t pid = start_child();
	int status;

	(void)state;
	assert_int_equal(kin_signal(&k, pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(kin_signal(&k, pid, SIGTERM), KIN_E_GONE);
}

static void signal__stranger__is_left_alone(void **state)
{
	const struct kin other_user = { .parent = getpid(), .uid = getuid() + 1 };
	const struct kin other_parent = { .parent = getppid(), .uid = getuid() };
	pid_t pid = start_child();
	int status;

	(void)state;
	assert_int_equal(kin_signal(&other_user, pid, SIGKILL), KIN_E_STRANGER);
	assert_int_equal(kin_signal(&other_parent, pid, SIGKILL), KIN_E_STRANGER);
	assert_int_equal(kin_signal(&other_parent, -1, SIGKILL), KIN_E_STRANGER);
	assert_int_equal(kin_signal(&other_parent, 0, SIGKILL), KIN_E_STRANGER);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is__status_texts__only_the_child_itself),
		cmocka_unit_test(signal__child_of_ours__gets_it),
		cmocka_unit_test(signal__stranger__is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
