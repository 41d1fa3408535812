/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/criu/proc.h"
#include "daemon/criu/pstree.h"
#include "tests/support/t.h"

static pid_t start_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	return pid;
}

static void children__of_ours__zombies_too(void **state)
{
	pid_t child[2] = { start_child(), start_child() };
	pid_t found[2] = { 0 };
	size_t count = 0;
	siginfo_t info;

	(void)state;
	assert_int_equal(kill(child[0], SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child[0], &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(proc_children(getpid(), found, 2, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(found[0], child[0]);
	assert_int_equal(found[1], child[1]);
	assert_int_equal(proc_children(getpid(), found, 1, &count), -E2BIG);
	assert_int_equal(waitpid(child[0], NULL, 0), child[0]);
	assert_int_equal(proc_children(getpid(), found, 1, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(kill(child[1], SIGKILL), 0);
	assert_int_equal(waitpid(child[1], NULL, 0), child[1]);
	assert_int_equal(proc_children(getpid(), found, 1, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(proc_children(child[1], found, 1, &count), -ENOENT);
}

static void is_still__stopped_and_dead__running_not(void **state)
{
	pid_t pid = start_child();
	int status;

	(void)state;
	assert_int_equal(proc_parent(pid), getpid());
	assert_false(proc_is_still(pid));
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(proc_is_still(pid));
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, WCONTINUED), pid);
	assert_false(proc_is_still(pid));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(proc_is_still(pid));
	assert_int_equal(proc_parent(pid), 0);
}

static void link__ours__whole_or_refused(void **state)
{
	char text[64];

	(void)state;
	assert_true(proc_link(getpid(), "ns/pid", text, sizeof(text)));
	assert_memory_equal(text, "pid:[", 5);
	assert_false(proc_link(getpid(), "ns/pid", text, 5));
	assert_false(proc_link(getpid(), "fd/999", text, sizeof(text)));
}

/* As criu 4.2 writes it for one process without children. */
static const uint8_t one_process[] = { 0x19, 0x43, 0x56, 0x54, 0x30, 0x30, 0x27, 0x50, 0x0e, 0x00,
	0x00, 0x00, 0x08, 0x84, 0x4c, 0x10, 0x00, 0x18, 0x84, 0x4c, 0x20, 0x84, 0x4c, 0x28, 0x84,
	0x4c };
#define HEAD_SIZE 8U

static void pstree__images__records(void **state)
{
	uint8_t two[2 * sizeof(one_process) - HEAD_SIZE];
	uint8_t other[sizeof(one_process)];

	(void)state;
	memcpy(two, one_process, sizeof(one_process));
	memcpy(two + sizeof(one_process), one_process + HEAD_SIZE, sizeof(one_process) - HEAD_SIZE);
	assert_int_equal(pstree_count(one_process, sizeof(one_process)), 1);
	assert_int_equal(pstree_count(two, sizeof(two)), 2);
	assert_int_equal(pstree_count(one_process, HEAD_SIZE), 0);
	assert_int_equal(pstree_count(two, sizeof(one_process)), 1);
	for (size_t size = 0; size < sizeof(one_process); size++)
		assert_int_equal(pstree_count(one_process, size), 0);
	for (size_t i = 0; i < HEAD_SIZE; i++) {
		memcpy(other, one_process, sizeof(other));
		other[i] ^= 1U;
		assert_int_equal(pstree_count(other, sizeof(other)), 0);
	}
}

static void pstree_has_other__files__of_another_process(void **state)
{
	char path[] = "/tmp/pstree-XXXXXX";
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_false(pstree_has_other(dir, 77));
	assert_int_equal(mkdirat(dir, "core-77.img", 0700), 0);
	assert_int_equal(mkdirat(dir, "fs-78.img", 0700), 0);
	assert_false(pstree_has_other(dir, 77));
	assert_true(pstree_has_other(dir, 7));
	assert_int_equal(unlinkat(dir, "core-77.img", AT_REMOVEDIR), 0);
	assert_int_equal(mkdirat(dir, "core-777.img", 0700), 0);
	assert_true(pstree_has_other(dir, 77));
	assert_int_equal(unlinkat(dir, "core-777.img", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dir, "fs-78.img", AT_REMOVEDIR), 0);
	assert_int_equal(close(dir), 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(children__of_ours__zombies_too),
		cmocka_unit_test(is_still__stopped_and_dead__running_not),
		cmocka_unit_test(link__ours__whole_or_refused),
		cmocka_unit_test(pstree__images__records),
		cmocka_unit_test(pstree_has_other__files__of_another_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
