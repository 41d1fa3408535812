/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/cgroup.h"
#include "daemon/base/fd.h"
#include "tests/support/t.h"

static const struct {
	const char *line;
	const char *path; /* NULL: not one */
} mounts[] = {
	{ "26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
		"/sys/fs/cgroup" },
	{ "40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
		"/sys/fs/cgroup/unified" },
	{ "40 30 0:37 / /a\\040b\\134c rw - cgroup2 none rw", "/a b\\c" },
	{ "40 30 0:37 / /a\\04 rw - cgroup2 none rw", "/a\\04" },
	{ "38 30 0:35 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n", NULL },
	{ "30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n", NULL },
	/* a tree of one container, mounted elsewhere */
	{ "50 30 0:37 /docker/1 /mnt rw - cgroup2 cgroup2 rw\n", NULL },
	{ "50 30 0:37 /../.. /mnt rw - cgroup2 cgroup2 rw\n", NULL },
	/* a name that looks like the end of such a line */
	{ "51 30 0:9 / /mnt/\\040-\\040cgroup2\\040 rw - tmpfs tmpfs rw\n", NULL },
	{ "26 22 0:23 / ", NULL },
	{ "26 22 0:23 /", NULL },
	{ "26", NULL },
	{ "", NULL },
};

static void parse_mount__table__path_of_a_whole_tree_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(mounts); i++) {
		char path[64] = "untouched";
		bool is_one = cgroup_parse_mount(mounts[i].line, path, sizeof(path));

		T_ASSERT_ROW(mounts[i].line, is_one == (mounts[i].path != NULL));
		if (is_one)
			assert_string_equal(path, mounts[i].path);
	}
}

static void parse_mount__path_too_long__none(void **state)
{
	char path[15];

	(void)state;
	assert_false(cgroup_parse_mount(mounts[0].line, path, strlen(mounts[0].path)));
	assert_true(cgroup_parse_mount(mounts[0].line, path, strlen(mounts[0].path) + 1));
	assert_string_equal(path, mounts[0].path);
}

static const struct {
	const char *text;
	bool is_limit;
	uint64_t value;
} limits[] = {
	{ "max\n", true, CGROUP_UNLIMITED },
	{ "max", true, CGROUP_UNLIMITED },
	{ "100\n", true, 100 },
	{ "0\n", true, 0 },
	{ "18446744073709551614\n", true, CGROUP_UNLIMITED - 1 },
	{ "18446744073709551615\n", false, 0 },
	{ "-1\n", false, 0 },
	{ " 5\n", false, 0 },
	{ "5 \n", false, 0 },
	{ "5\n6\n", false, 0 },
	{ "maximum\n", false, 0 },
	{ "\n", false, 0 },
	{ "", false, 0 },
	{ "0000000000000000000000000000000000000000000000000005", false, 0 },
};

static void parse_limit__table__number_max_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(limits); i++) {
		uint64_t value = 77;

		T_ASSERT_ROW(limits[i].text,
			cgroup_parse_limit(limits[i].text, &value) == limits[i].is_limit);
		T_ASSERT_ROW(limits[i].text, value == (limits[i].is_limit ? limits[i].value : 77));
	}
}

struct tree {
	char dir[64];
	int fd;
};

static int tree_make(void **state)
{
	static struct tree t;

	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/test_cgroup.XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	assert_int_equal(cgroup_open(t.dir, &t.fd), 0);
	assert_int_equal(mkdirat(t.fd, "user.slice", 0755), 0);
	assert_int_equal(mkdirat(t.fd, "user.slice/user-1001.slice", 0755), 0);
	*state = &t;
	return 0;
}

static int tree_remove(void **state)
{
	struct tree *t = *state;

	(void)unlinkat(t->fd, "user.slice/user-1001.slice/pids.max", 0);
	(void)unlinkat(t->fd, "user.slice/user-1001.slice", AT_REMOVEDIR);
	(void)unlinkat(t->fd, "user.slice", AT_REMOVEDIR);
	(void)rmdir(t->dir);
	t->fd = fd_close(t->fd);
	return 0;
}

static void put(const struct tree *t, const char *text)
{
	int fd = openat(t->fd, "user.slice/user-1001.slice/pids.max",
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void read_pids_max__slice_there_or_not__its_limit(void **state)
{
	const struct tree *t = *state;
	uint64_t value = 77;

	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), -ENOENT);
	assert_int_equal(cgroup_read_pids_max(t->fd, 1002, &value), -ENOENT);
	put(t, "50\n");
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), 0);
	assert_int_equal(value, 50);
	put(t, "max\n");
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), 0);
	assert_true(value == CGROUP_UNLIMITED);
	put(t, "fifty\n");
	value = 77;
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), -EINVAL);
	put(t, "");
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), -EINVAL);
	assert_int_equal(value, 77);
}

static void read_pids_max__fifo_or_directory__not_waited_for(void **state)
{
	const struct tree *t = *state;
	uint64_t value = 77;

	assert_int_equal(mkfifoat(t->fd, "user.slice/user-1001.slice/pids.max", 0644), 0);
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), -EINVAL);
	assert_int_equal(unlinkat(t->fd, "user.slice/user-1001.slice/pids.max", 0), 0);
	assert_int_equal(mkdirat(t->fd, "user.slice/user-1001.slice/pids.max", 0755), 0);
	assert_int_equal(cgroup_read_pids_max(t->fd, 1001, &value), -EISDIR);
	assert_int_equal(unlinkat(t->fd, "user.slice/user-1001.slice/pids.max", AT_REMOVEDIR), 0);
	assert_int_equal(value, 77);
}

static void open__named_path__opened_or_its_error(void **state)
{
	const struct tree *t = *state;
	char path[128];
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/nothing", t->dir);
	assert_int_equal(cgroup_open(path, &fd), -ENOENT);
	assert_int_equal(cgroup_open("/dev/null", &fd), -ENOTDIR);
	assert_int_equal(fd, -1);
}

/* Whatever this host has: a tree that is a tree, or none. */
static void open__by_itself__a_cgroup_tree_or_none(void **state)
{
	int fd = -1;
	int r = cgroup_open("", &fd);

	(void)state;
	if (r < 0) {
		assert_int_equal(r, -ENOENT);
		skip();
	}
	assert_int_equal(faccessat(fd, "cgroup.procs", F_OK, 0), 0);
	fd = fd_close(fd);
}

#define WITH_TREE(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_mount__table__path_of_a_whole_tree_only),
		cmocka_unit_test(parse_mount__path_too_long__none),
		cmocka_unit_test(parse_limit__table__number_max_or_refused),
		WITH_TREE(read_pids_max__slice_there_or_not__its_limit),
		WITH_TREE(read_pids_max__fifo_or_directory__not_waited_for),
		WITH_TREE(open__named_path__opened_or_its_error),
		cmocka_unit_test(open__by_itself__a_cgroup_tree_or_none),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
