/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/nspid.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/t.h"

static void parse__status__innermost_pid(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		uint32_t pid;
	} rows[] = {
		{ "one namespace", "Name:\tphp\nPid:\t77\nNSpid:\t77\nNSsid:\t1\n", 77 },
		{ "two", "Name:\tphp\nNSpid:\t4711\t12\nNSsid:\t4700\t2\n", 12 },
		{ "three", "Name:\tphp\nNSpid:\t4711\t12\t3\n", 3 },
		{ "a kernel without it", "Name:\tphp\nPid:\t77\n", 0 },
		{ "a name that says so", "Name:\tNSpid:\t9\nNSpid:\t4711\t12\n", 12 },
		{ "not at the beginning of a line", "Name:\tNSpid:\t9\nPid:\t1\n", 0 },
		{ "cut off", "Name:\tphp\nNSpid:\t4711\t1", 0 },
		{ "no number", "Name:\tphp\nNSpid:\tx\n", 0 },
		{ "too large", "Name:\tphp\nNSpid:\t1\t4294967297\n", 0 },
		{ "nothing", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		T_ASSERT_ROW(rows[i].name, nspid_parse(rows[i].text) == rows[i].pid);
}

/* The first process of a new namespace: its child is the one that calls itself 2 there. */
static int be_parent(int ready_fd)
{
	pid_t child = fork();

	if (child == 0) {
		if (write(ready_fd, "x", 1) == 1)
			(void)pause();
		_exit(0);
	}
	(void)waitpid(child, NULL, 0);
	return 0;
}

static void find__child_of_a_namespace__its_pid_here(void **state)
{
	int ready[2];
	uint32_t host;
	pid_t outer;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	outer = fork();
	if (outer == 0) {
		/* a namespace begins with the next child */
		if (unshare(CLONE_NEWPID) < 0)
			_exit(77);
		if (fork() == 0)
			_exit(be_parent(ready[1]));
		(void)wait(NULL);
		_exit(0);
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		(void)waitpid(outer, NULL, 0);
		(void)close(ready[0]);
		skip(); /* not root: no namespace */
	}
	(void)close(ready[0]);
	/* what is a child of the namespace's first process calls itself 2; that one itself, 1 */
	host = nspid_find(outer, 1);
	assert_true(host > 2);
	assert_int_equal(nspid_find(outer, 2), 0);
	assert_true(nspid_find((int32_t)host, 2) > host);
	assert_int_equal(nspid_find((int32_t)host, 3), 0);
	assert_int_equal(kill((pid_t)host, SIGKILL), 0); /* all of the namespace go with it */
	(void)waitpid(outer, NULL, 0);
}

static void find__no_namespace__the_same(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	assert_int_equal(nspid_find(getpid(), (uint32_t)child), child);
	assert_int_equal(nspid_find(getpid(), (uint32_t)getpid()), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(nspid_find(getpid(), (uint32_t)child), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__status__innermost_pid),
		cmocka_unit_test(find__child_of_a_namespace__its_pid_here),
		cmocka_unit_test(find__no_namespace__the_same),
	};

	return cmocka_run_group_tests_name("nspid", tests, NULL, NULL);
}
