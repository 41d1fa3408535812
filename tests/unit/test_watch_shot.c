/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/manager/watch_shot.h"
#include "tests/support/t.h"

struct place {
	char dir[64];
	char *paths[2]; /* dir/file, dir/conf.d */
};

static void put(const struct place *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	static struct place p;

	(void)snprintf(p.dir, sizeof(p.dir), "/tmp/watch-shot-XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	assert_true(asprintf(&p.paths[0], "%s/php.ini", p.dir) > 0);
	assert_true(asprintf(&p.paths[1], "%s/conf.d", p.dir) > 0);
	assert_int_equal(mkdir(p.paths[1], 0755), 0);
	put(&p, "php.ini", "a = 1\n");
	put(&p, "conf.d/10-a.ini", "b = 1\n");
	put(&p, "conf.d/20-b.ini", "b = 2\n");
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", p->dir);
	/* NOLINTNEXTLINE(cert-env33-c): a test cleans up what it has made */
	assert_int_equal(system(command), 0);
	free(p->paths[0]);
	free(p->paths[1]);
	return 0;
}

/* What a change does: "how name", or "" */
static const char *difference(struct place *p, void (*change)(struct place *p))
{
	static char said[256];
	struct watch_shot before, after;
	const char *path = NULL;
	const char *how;

	assert_int_equal(watch_shot_take(p->paths, 2, &before), 0);
	change(p);
	assert_int_equal(watch_shot_take(p->paths, 2, &after), 0);
	how = watch_shot_diff(&before, &after, &path);
	said[0] = '\0';
	if (how)
		(void)snprintf(said, sizeof(said), "%s %s", how, path + strlen(p->dir) + 1);
	watch_shot_deinit(&before);
	watch_shot_deinit(&after);
	return said;
}

static void nothing(struct place *p)
{
	(void)p;
}

static void written(struct place *p)
{
	put(p, "php.ini", "a = 22\n");
}

static void same_bytes_replaced_by_rename(struct place *p)
{
	char from[128];

	put(p, "new", "a = 22\n");
	(void)snprintf(from, sizeof(from), "%s/new", p->dir);
	assert_int_equal(rename(from, p->paths[0]), 0);
}

static void added(struct place *p)
{
	put(p, "conf.d/15-new.ini", "");
}

static void removed(struct place *p)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/conf.d/15-new.ini", p->dir);
	assert_int_equal(unlink(path), 0);
}

static void other_mode(struct place *p)
{
	assert_int_equal(chmod(p->paths[0], 0600), 0);
}

static void read_only_looked_at(struct place *p)
{
	char byte;
	int fd = open(p->paths[0], O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, &byte, 1), 1);
	(void)close(fd);
}

static void for_a_moment(struct place *p)
{
	put(p, "conf.d/.10-a.ini.swp", "");
	put(p, "conf.d/10-a.ini~", "");
	put(p, "conf.d/10-a.ini.dpkg-new", "");
	put(p, "unrelated", "");
}

static void all_gone(struct place *p)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", p->paths[1]);
	/* NOLINTNEXTLINE(cert-env33-c): as above */
	assert_int_equal(system(command), 0);
}

static void comes_back(struct place *p)
{
	assert_int_equal(mkdir(p->paths[1], 0755), 0);
}

static void diff__changes_one_after_another__first_file_is_named(void **state)
{
	struct place *p = *state;

	assert_string_equal(difference(p, nothing), "");
	assert_string_equal(difference(p, written), "changed php.ini");
	assert_string_equal(difference(p, same_bytes_replaced_by_rename), "changed php.ini");
	assert_string_equal(difference(p, added), "added conf.d/15-new.ini");
	assert_string_equal(difference(p, removed), "removed conf.d/15-new.ini");
	assert_string_equal(difference(p, other_mode), "changed php.ini");
	assert_string_equal(difference(p, read_only_looked_at), "");
	assert_string_equal(difference(p, for_a_moment), "");
	assert_string_equal(difference(p, all_gone), "removed conf.d");
	assert_string_equal(difference(p, nothing), "");
	assert_string_equal(difference(p, comes_back), "added conf.d");
}

static void print__each_field__counts_or_not(void **state)
{
	const struct stat plain = { .st_mode = S_IFREG | 0644, .st_ino = 7, .st_size = 5 };
	const struct stat dir = { .st_mode = S_IFDIR | 0755 };
	struct stat st = plain;

	(void)state;
	st.st_atim.tv_sec = st.st_ctim.tv_sec = 99;
	st.st_nlink = 2;
	assert_int_equal(watch_shot_print(&st), watch_shot_print(&plain));
	st.st_mtim.tv_nsec = 1;
	assert_int_not_equal(watch_shot_print(&st), watch_shot_print(&plain));
	st = plain;
	st.st_uid = 1;
	assert_int_not_equal(watch_shot_print(&st), watch_shot_print(&plain));
	st = dir;
	st.st_mtim.tv_sec = 5; /* some file in it came or went: that is seen by itself */
	assert_int_equal(watch_shot_print(&st), watch_shot_print(&dir));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			diff__changes_one_after_another__first_file_is_named, set_up, tear_down),
		cmocka_unit_test(print__each_field__counts_or_not),
	};

	return cmocka_run_group_tests_name("watch_shot", tests, NULL, NULL);
}
