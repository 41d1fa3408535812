/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/t.h"

static void shim_beneath_find__each_path__rest_or_nothing(void **state)
{
	(void)state;
	assert_string_equal(shim_beneath_find("/srv/a", "/srv/a/b/c"), "b/c");
	assert_string_equal(shim_beneath_find("/srv/a//", "/srv/a//b"), "b");
	assert_string_equal(shim_beneath_find("/srv/a", "/srv/a/../b"), "../b");
	assert_null(shim_beneath_find("/srv/a", "/srv/a"));
	assert_null(shim_beneath_find("/srv/a", "/srv/a/"));
	assert_null(shim_beneath_find("/srv/a", "/srv/ab/c"));
	assert_null(shim_beneath_find("/srv/a", "srv/a/b"));
	assert_null(shim_beneath_find("/", "/etc/passwd"));
	assert_null(shim_beneath_find("", "/etc/passwd"));
}

/* A directory with a file in it, one beside it, and links to both. */
static int make_tree(void **state)
{
	char *root = strdup("/tmp/test-beneath-XXXXXX");

	if (!root || !mkdtemp(root) || chdir(root) < 0 || mkdir("in", 0700) < 0)
		return -1;
	int in = open("in/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	int out = open("out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)close(in);
	(void)close(out);
	*state = root;
	return in < 0 || out < 0 || symlink("file", "in/good") < 0 ||
	       symlink("../out", "in/bad") < 0 || symlink("/etc/passwd", "in/worse") < 0 ||
	       symlink("/proc/self/root", "in/magic") < 0 || mkfifo("in/fifo", 0600) < 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = { "in/file", "in/good", "in/bad", "in/worse", "in/magic",
		"in/fifo", "out" };

	for (size_t i = 0; i < T_COUNT(names); i++)
		(void)unlink(names[i]);
	(void)rmdir("in");
	if (chdir("/") < 0)
		return -1;
	(void)rmdir(*state);
	free(*state);
	return 0;
}

static int try_open(const char *root, const char *name)
{
	char dir[64];

	(void)snprintf(dir, sizeof(dir), "%s/in", root);
	int fd = shim_beneath_open(dir, name);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

static void shim_beneath_open__links_and_dots__never_out_of_it(void **state)
{
	const char *root = *state;
	int r = try_open(root, "file");

	if (r == -ENOSYS)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(try_open(root, "good"), 0);
	assert_int_equal(try_open(root, "../in/file"), -EXDEV);
	assert_int_equal(try_open(root, "../out"), -EXDEV);
	assert_int_equal(try_open(root, "bad"), -EXDEV);
	assert_int_equal(try_open(root, "worse"), -EXDEV);
	assert_int_equal(try_open(root, "/etc/passwd"), -EXDEV);
	assert_true(try_open(root, "magic/etc/passwd") < 0);
	assert_int_equal(try_open(root, "none"), -ENOENT);
	/* without waiting for somebody who writes */
	assert_int_equal(try_open(root, "fifo"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shim_beneath_find__each_path__rest_or_nothing),
		cmocka_unit_test_setup_teardown(
			shim_beneath_open__links_and_dots__never_out_of_it, make_tree, remove_tree),
	};

	return cmocka_run_group_tests_name("shim_beneath", tests, NULL, NULL);
}
