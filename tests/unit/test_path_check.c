/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/path_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "tests/support/t.h"

/* TREE/dir/prog, a program that is all right until a row spoils something. */
struct tree {
	char root[64];
	char dir[80];
	char prog[96];
};

static int tree_make(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	int fd;

	assert_non_null(t);
	(void)snprintf(t->root, sizeof(t->root), "/tmp/lsapid-path-XXXXXX");
	assert_non_null(mkdtemp(t->root));
	(void)snprintf(t->dir, sizeof(t->dir), "%s/dir", t->root);
	(void)snprintf(t->prog, sizeof(t->prog), "%s/prog", t->dir);
	assert_int_equal(mkdir(t->dir, 0755), 0);
	assert_int_equal(chmod(t->dir, 0755), 0);
	fd = open(t->prog, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	(void)fd_close(fd);
	*state = t;
	return 0;
}

static int tree_remove(void **state)
{
	struct tree *t = *state;
	char path[96];

	(void)unlink(t->prog);
	(void)rmdir(t->dir);
	(void)unlink(t->dir);
	(void)snprintf(path, sizeof(path), "%s/real", t->root);
	(void)unlink(path);
	(void)rmdir(path);
	assert_int_equal(rmdir(t->root), 0);
	free(t);
	return 0;
}

static int check(const char *path, enum path_check_kind kind, struct path_check_fault *fault)
{
	int fd = -1;
	int r = path_check_open(path, kind, geteuid(), &fd, fault);

	assert_int_equal(r == 0, fd >= 0);
	if (fd >= 0) {
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		(void)fd_close(fd);
	}
	return r;
}

static void path_check_open__all_good__opened(void **state)
{
	const struct tree *t = *state;

	assert_int_equal(check(t->prog, PATH_CHECK_PROGRAM, NULL), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_FILE, NULL), 0);
	assert_int_equal(check(t->dir, PATH_CHECK_DIRECTORY, NULL), 0);
}

static void path_check_open__modes__refused_where_they_are_wrong(void **state)
{
	static const struct {
		const char *name;
		mode_t dir;
		mode_t prog;
		int program; /* expected as a program */
		int file;    /* expected as a file */
		bool is_dir_at_fault;
	} cases[] = {
		{ "good", 0755, 0755, 0, 0, false },
		{ "group may write", 0755, 0775, PATH_CHECK_E_WRITABLE, PATH_CHECK_E_WRITABLE,
			false },
		{ "others may write", 0755, 0757, PATH_CHECK_E_WRITABLE, PATH_CHECK_E_WRITABLE,
			false },
		{ "directory of a group", 0775, 0755, PATH_CHECK_E_WRITABLE, PATH_CHECK_E_WRITABLE,
			true },
		{ "directory of all", 0777, 0755, PATH_CHECK_E_WRITABLE, PATH_CHECK_E_WRITABLE,
			true },
		/* beside a program nobody may put a library or a php.ini */
		{ "sticky directory", 01777, 0755, PATH_CHECK_E_WRITABLE, 0, true },
		{ "setuid", 0755, 04755, PATH_CHECK_E_SETUID, 0, false },
		{ "setgid", 0755, 02755, PATH_CHECK_E_SETUID, 0, false },
		{ "not executable", 0755, 0644, PATH_CHECK_E_NOT_EXEC, 0, false },
	};
	const struct tree *t = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct path_check_fault fault = { .at = "" };

		assert_int_equal(chmod(t->dir, cases[i].dir), 0);
		assert_int_equal(chmod(t->prog, cases[i].prog), 0);
		T_ASSERT_ROW(cases[i].name,
			check(t->prog, PATH_CHECK_PROGRAM, &fault) == cases[i].program);
		if (cases[i].program)
			assert_string_equal(fault.at, cases[i].is_dir_at_fault ? t->dir : t->prog);
		T_ASSERT_ROW(cases[i].name, check(t->prog, PATH_CHECK_FILE, NULL) == cases[i].file);
	}
}

static void path_check_open__names__only_plain_absolute_ones(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "", PATH_CHECK_E_NAME },
		{ "prog", PATH_CHECK_E_NAME },
		{ "/", PATH_CHECK_E_NAME },
		{ "//usr", PATH_CHECK_E_NAME },
		{ "/usr/", PATH_CHECK_E_NAME },
		{ "/usr/../etc", PATH_CHECK_E_NAME },
		{ "/usr/./bin", PATH_CHECK_E_NAME },
		{ "/usr/..", PATH_CHECK_E_NAME },
		{ "/no-such-thing-here", PATH_CHECK_E_MISSING },
		{ "/no-such-thing-here/prog", PATH_CHECK_E_MISSING },
		{ "/etc/passwd/x", PATH_CHECK_E_KIND },
		{ "/etc", PATH_CHECK_E_KIND },
		{ "/dev/null", PATH_CHECK_E_WRITABLE },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		T_ASSERT_ROW(cases[i].path,
			check(cases[i].path, PATH_CHECK_FILE, NULL) == cases[i].error);
	assert_int_equal(check("/etc/passwd", PATH_CHECK_DIRECTORY, NULL), PATH_CHECK_E_KIND);
}

static void path_check_open__links__refused_anywhere(void **state)
{
	const struct tree *t = *state;
	struct path_check_fault fault;
	char real[96];

	(void)snprintf(real, sizeof(real), "%s/real", t->root);
	/* the program itself */
	assert_int_equal(rename(t->prog, real), 0);
	assert_int_equal(symlink(real, t->prog), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_PROGRAM, &fault), PATH_CHECK_E_LINK);
	assert_int_equal(check(t->prog, PATH_CHECK_FILE, &fault), PATH_CHECK_E_LINK);
	assert_string_equal(fault.at, t->prog);
	/* a directory on the way, and at the end */
	assert_int_equal(unlink(t->prog), 0);
	assert_int_equal(unlink(real), 0);
	assert_int_equal(rename(t->dir, real), 0);
	assert_int_equal(symlink(real, t->dir), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_PROGRAM, &fault), PATH_CHECK_E_LINK);
	assert_string_equal(fault.at, t->dir);
	assert_int_equal(check(t->dir, PATH_CHECK_DIRECTORY, &fault), PATH_CHECK_E_LINK);
}

static void path_check_open__fifo_in_the_place__does_not_wait(void **state)
{
	const struct tree *t = *state;

	assert_int_equal(unlink(t->prog), 0);
	assert_int_equal(mkfifo(t->prog, 0644), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_FILE, NULL), PATH_CHECK_E_KIND);
}

static void path_check_open__owned_by_others__refused(void **state)
{
	const struct tree *t = *state;
	struct path_check_fault fault;

	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(chown(t->prog, 12345, 0), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_PROGRAM, &fault), PATH_CHECK_E_OWNER);
	assert_int_equal(fault.owner, 12345);
	assert_int_equal(chown(t->prog, 0, 0), 0);
	assert_int_equal(chown(t->dir, 12345, 0), 0);
	assert_int_equal(check(t->prog, PATH_CHECK_PROGRAM, &fault), PATH_CHECK_E_OWNER);
	assert_string_equal(fault.at, t->dir);
}

/* What an ordinary user sees: its own files and root's are good, those of others are not. */
static void path_check_open__other_own_user__that_users_files_are_good(void **state)
{
	const struct tree *t = *state;
	int fd = -1;

	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(chown(t->prog, 12345, 0), 0);
	assert_int_equal(path_check_open(t->prog, PATH_CHECK_PROGRAM, 12345, &fd, NULL), 0);
	fd = fd_close(fd);
	assert_int_equal(
		path_check_open(t->prog, PATH_CHECK_PROGRAM, 12346, &fd, NULL), PATH_CHECK_E_OWNER);
}

static void path_check_open_parent__good_path__directory_and_name(void **state)
{
	const struct tree *t = *state;
	const char *name = NULL;
	int fd = -1;

	assert_int_equal(path_check_open_parent(t->prog, geteuid(), &fd, &name, NULL), 0);
	assert_string_equal(name, "prog");
	assert_int_equal(faccessat(fd, name, F_OK, 0), 0);
	(void)fd_close(fd);
	fd = -1;
	assert_int_equal(chmod(t->dir, 0777), 0);
	assert_int_equal(path_check_open_parent(t->prog, geteuid(), &fd, &name, NULL),
		PATH_CHECK_E_WRITABLE);
	assert_int_equal(fd, -1);
}

static int append(const struct tree *t, gid_t group, struct path_check_fault *fault)
{
	int dir = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;
	int r = path_check_append_in(dir, t->prog, geteuid(), group, &fd, fault);

	assert_int_equal(r == 0, fd >= 0);
	if (fd >= 0) {
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
		assert_int_equal(write(fd, "x", 1), 1);
	}
	(void)fd_close(fd);
	(void)fd_close(dir);
	return r;
}

static void path_check_append_in__missing__made_for_its_group(void **state)
{
	const gid_t group = geteuid() == 0 ? 12345 : getegid();
	const struct tree *t = *state;
	struct stat st;

	assert_int_equal(unlink(t->prog), 0);
	assert_int_equal(append(t, group, NULL), 0);
	assert_int_equal(stat(t->prog, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_gid, group);
	/* what logrotate made, or an administrator has changed, stays so */
	assert_int_equal(chmod(t->prog, 0600), 0);
	assert_int_equal(chown(t->prog, (uid_t)-1, getegid()), 0);
	assert_int_equal(append(t, group, NULL), 0);
	assert_int_equal(stat(t->prog, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_gid, getegid());
	assert_int_equal(st.st_size, 2);
}

static void path_check_append_in__not_ours_alone__refused(void **state)
{
	const struct tree *t = *state;
	struct path_check_fault fault = { .at = "" };
	char real[96];

	assert_int_equal(chmod(t->prog, 0664), 0);
	assert_int_equal(append(t, getegid(), &fault), PATH_CHECK_E_WRITABLE);
	assert_int_equal(chmod(t->prog, 0644), 0);
	(void)snprintf(real, sizeof(real), "%s/real", t->root);
	assert_int_equal(link(t->prog, real), 0);
	assert_int_equal(append(t, getegid(), &fault), PATH_CHECK_E_NAMES);
	assert_string_equal(fault.at, t->prog);
	assert_int_equal(unlink(t->prog), 0);
	assert_int_equal(symlink(real, t->prog), 0);
	assert_int_equal(append(t, getegid(), &fault), PATH_CHECK_E_LINK);
	assert_int_equal(unlink(t->prog), 0);
	assert_int_equal(mkfifo(t->prog, 0644), 0);
	assert_int_equal(append(t, getegid(), &fault), PATH_CHECK_E_UNREADABLE);
	if (geteuid() == 0) {
		assert_int_equal(unlink(t->prog), 0);
		assert_int_equal(append(t, 0, NULL), 0);
		assert_int_equal(chown(t->prog, 12345, 0), 0);
		assert_int_equal(append(t, 0, &fault), PATH_CHECK_E_OWNER);
	}
}

#define WITH_TREE(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_TREE(path_check_open__all_good__opened),
		WITH_TREE(path_check_open__modes__refused_where_they_are_wrong),
		cmocka_unit_test(path_check_open__names__only_plain_absolute_ones),
		WITH_TREE(path_check_open__links__refused_anywhere),
		WITH_TREE(path_check_open__fifo_in_the_place__does_not_wait),
		WITH_TREE(path_check_open__owned_by_others__refused),
		WITH_TREE(path_check_open__other_own_user__that_users_files_are_good),
		WITH_TREE(path_check_open_parent__good_path__directory_and_name),
		WITH_TREE(path_check_append_in__missing__made_for_its_group),
		WITH_TREE(path_check_append_in__not_ours_alone__refused),
	};

	return cmocka_run_group_tests_name("path_check", tests, NULL, NULL);
}
