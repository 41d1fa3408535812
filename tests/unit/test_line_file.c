/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/t.h"

static int open_temporary(char path[32])
{
	int fd;

	(void)snprintf(path, 32, "/tmp/lsapid-lines-XXXXXX");
	fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void assert_contents(const char *path, const char *expected)
{
	char out[1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, out, sizeof(out) - 1);

	assert_true(n >= 0);
	out[n] = '\0';
	assert_string_equal(out, expected);
	(void)close(fd);
	(void)unlink(path);
}

static void write__no_file__counted_as_lost(void **state)
{
	struct line_file f = LINE_FILE_EMPTY;

	(void)state;
	assert_int_equal(line_file_write(&f, "a\n", 2), -EBADF);
	assert_int_equal(line_file_write(&f, "a\n", 2), -EBADF);
	assert_int_equal(f.lost, 2);
}

static void replace__another_file__next_line_is_there(void **state)
{
	struct line_file f = LINE_FILE_EMPTY;
	char path[2][32];

	(void)state;
	line_file_replace(&f, open_temporary(path[0]));
	assert_int_equal(line_file_write(&f, "one\n", 4), 0);
	line_file_replace(&f, open_temporary(path[1]));
	assert_int_equal(line_file_write(&f, "two\n", 4), 0);
	line_file_replace(&f, -1);
	assert_int_equal(f.fd, -1);
	assert_contents(path[0], "one\n");
	assert_contents(path[1], "two\n");
}

/* A disk that is full in the middle of a line: the limit of a file's size does the same to us. */
static void write__full_in_the_middle__next_line_begins_a_line(void **state)
{
	struct line_file f = LINE_FILE_EMPTY;
	struct rlimit before, low;
	char path[32];

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	line_file_replace(&f, open_temporary(path));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	low = before;
	low.rlim_cur = 6;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	assert_int_equal(line_file_write(&f, "one\n", 4), 0);
	assert_int_equal(line_file_write(&f, "second\n", 7), -ENOSPC);
	assert_int_equal(line_file_write(&f, "third\n", 6), -EFBIG);
	assert_int_equal(f.lost, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(line_file_write(&f, "fourth\n", 7), 0);
	assert_int_equal(line_file_write(&f, "fifth\n", 6), 0);
	assert_int_equal(f.lost, 2);
	line_file_replace(&f, -1);
	assert_contents(path, "one\nse\nfourth\nfifth\n");
}

/* Two processes, one file: every line is whole, and none is missing. */
static void write__two_processes__lines_whole(void **state)
{
	enum {
		LINES = 2000,
		SIZE = 100
	};
	struct line_file f = LINE_FILE_EMPTY;
	size_t seen[2] = { 0 };
	char line[SIZE], path[32];
	int fd, status;
	pid_t pid;

	(void)state;
	line_file_replace(&f, open_temporary(path));
	pid = fork();
	assert_true(pid >= 0);
	memset(line, pid ? 'p' : 'c', sizeof(line));
	line[SIZE - 1] = '\n';
	for (int i = 0; i < LINES; i++)
		(void)line_file_write(&f, line, sizeof(line));
	if (pid == 0)
		_exit(f.lost != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (read(fd, line, sizeof(line)) == SIZE) {
		assert_true(line[0] == 'p' || line[0] == 'c');
		for (size_t i = 1; i < SIZE - 1; i++)
			assert_int_equal(line[i], line[0]);
		assert_int_equal(line[SIZE - 1], '\n');
		seen[line[0] == 'p']++;
	}
	assert_int_equal(seen[0], LINES);
	assert_int_equal(seen[1], LINES);
	(void)close(fd);
	(void)unlink(path);
	line_file_replace(&f, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__no_file__counted_as_lost),
		cmocka_unit_test(replace__another_file__next_line_is_there),
		cmocka_unit_test(write__full_in_the_middle__next_line_begins_a_line),
		cmocka_unit_test(write__two_processes__lines_whole),
	};

	return cmocka_run_group_tests_name("line_file", tests, NULL, NULL);
}
