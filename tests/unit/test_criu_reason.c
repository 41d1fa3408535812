/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/check.h"
#include "daemon/criu/reason.h"
#include "tests/support/t.h"

static void find__logs__the_line_that_says_most(void **state)
{
	static const struct {
		const char *name;
		const char *log;
		const char *reason; /* NULL: none */
	} cases[] = {
		{ "empty", "", NULL },
		{ "no error", "Warn  (criu/kerndat.c:1642): built without libnftables\n", NULL },
		{ "one", "Error (criu/files.c:12): no such file\n", "no such file" },
		{ "without an end of line", "Error (criu/files.c:12): no such", "no such" },
		{ "time and process", "(00.012) 77: Error (criu/a.c:1): words (more): 2\n",
			"words (more): 2" },
		{ "criu check of 3.17.1 on a new kernel",
			"Error (criu/util.c:642): exited, status=1\n"
			"Error (criu/util.c:642): exited, status=1\n"
			"Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\n"
			"Error (criu/vdso.c:613): vdso: Failed to fill self vdso symtable\n"
			"Error (criu/crtools.c:260): Could not initialize kernel features "
			"detection.\n",
			"vdso: Unexpected rt vDSO area bounds" },
		{ "the first that is not in every log",
			"Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: x\n"
			"Error (criu/files-reg.c:9): File a has bad size 1 (expect 2)\n"
			"Error (criu/cr-restore.c:2): Restoring FAILED.\n",
			"File a has bad size 1 (expect 2)" },
		{ "only what is in every log",
			"Error (criu/util.c:642): exited, status=1\n"
			"Error (criu/cr-dump.c:2): Dumping FAILED.\n",
			"Dumping FAILED." },
		{ "without a source", "Error: what is this\nError (criu\n", NULL },
		{ "without words", "Error (criu/a.c:1): \n", NULL },
		{ "bytes of a stranger", "Error (a): File \x1b[2J\xff has\n",
			"File \\x1b[2J\\xff has" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct why why = { "untouched" };
		int r = reason_find(cases[i].log, strlen(cases[i].log), &why);

		T_ASSERT_ROW(cases[i].name, r == (cases[i].reason == NULL));
		T_ASSERT_ROW(cases[i].name,
			strcmp(why.text, cases[i].reason ? cases[i].reason : "untouched") == 0);
	}
}

static void find__long_line__cut(void **state)
{
	static const char head[] = "Error (criu/a.c:1): ";
	char log[1000];
	struct why why = { "" };

	(void)state;
	memset(log, 'x', sizeof(log));
	memcpy(log, head, sizeof(head) - 1);
	assert_int_equal(reason_find(log, sizeof(log), &why), 0);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	assert_string_equal(why.text + strlen(why.text) - 4, "x...");
}

static void read__file__found_or_not(void **state)
{
	static const char log[] = "Error (criu/a.c:1): words\n";
	char dir_path[] = "/tmp/reason-XXXXXX";
	struct why why = { "" };
	int dir;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir_path));
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(reason_read(dir, "log", &why), 1);
	fd = openat(dir, "log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, log, sizeof(log) - 1), sizeof(log) - 1);
	assert_int_equal(reason_read(dir, "log", &why), 0);
	assert_string_equal(why.text, "words");
	(void)fd_close(fd);
	assert_int_equal(unlinkat(dir, "log", 0), 0);
	assert_int_equal(rmdir(dir_path), 0);
	(void)fd_close(dir);
}

static void is_too_old__versions_and_kernels__only_the_known_pair(void **state)
{
	static const struct {
		const char *version;
		const char *release;
		bool is_too_old;
	} cases[] = {
		{ "3.17.1", "6.18.44", true },
		{ "3.17.1", "6.13.0-1-amd64", true },
		{ "3.17.1", "6.12.57+deb13-amd64", false },
		{ "3.17.1", "6.1.0-44-amd64", false },
		{ "3.17.1", "7.0", true },
		{ "4.0", "6.13", true },
		{ "4.1", "6.13", false },
		{ "4.10", "6.13", false },
		{ "4.2", "6.18.44", false },
		{ "v4", "6.18.44", false },
		{ "", "6.18.44", false },
		{ "3.17.1", "unknown", false },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].release, check_is_too_old(cases[i].version,
						       cases[i].release) == cases[i].is_too_old);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__logs__the_line_that_says_most),
		cmocka_unit_test(find__long_line__cut),
		cmocka_unit_test(read__file__found_or_not),
		cmocka_unit_test(is_too_old__versions_and_kernels__only_the_known_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
