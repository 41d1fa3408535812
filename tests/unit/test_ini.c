/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/ini.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "tests/support/t.h"

#define SPEC(text) text, sizeof(text)

static int build(const char *data, size_t size, char **ret_text, size_t *ret_size)
{
	struct pool_spec spec;

	assert_int_equal(pool_spec_parse(data, size, &spec), 0);
	return ini_build(&spec, ret_text, ret_size);
}

static void ini_build__values__quoted_so_that_they_mean_themselves(void **state)
{
	static const struct {
		const char *spec;
		size_t size;
		const char *text; /* NULL: no file at all */
	} rows[] = {
		{ SPEC("gid=1\0inim=2\0uid=3"), NULL },
		{ SPEC("ini.memory_limit=64M"), "memory_limit = '64M'\n" },
		{ SPEC("ini.a="), "a = \"\"\n" },
		{ SPEC("ini.a=it's"), "a = 'it'\"'\"'s'\n" },
		{ SPEC("ini.a='"), "a = \"'\"\n" },
		{ SPEC("ini.a=''x"), "a = \"'\"\"'\"'x'\n" },
		{ SPEC("ini.a=\"${HOME}\" ; [PATH=/]"), "a = '\"${HOME}\" ; [PATH=/]'\n" },
		{ SPEC("ini.a=E_ALL & ~E_NOTICE\0ini.b.c-d=x=y\0uid=1"),
			"a = 'E_ALL & ~E_NOTICE'\nb.c-d = 'x=y'\n" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char *text = NULL;
		size_t size = 0;

		assert_int_equal(build(rows[i].spec, rows[i].size, &text, &size), 0);
		if (!rows[i].text) {
			assert_null(text);
			continue;
		}
		assert_non_null(text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(size, strlen(rows[i].text));
		free(text);
	}
}

/* One of them would make PHP drop the whole file, and say so to nobody who reads. */
static void ini_build__names_that_are_none__refused(void **state)
{
	static const struct {
		const char *spec;
		size_t size;
	} rows[] = {
		{ SPEC("ini.null=1") },
		{ SPEC("ini.Off=1") },
		{ SPEC("ini.1a=1") },
		{ SPEC("ini.-a=1") },
		{ SPEC("ini..a=1") },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char *text = NULL;
		size_t size = 0;

		assert_int_equal(build(rows[i].spec, rows[i].size, &text, &size), -EINVAL);
		assert_null(text);
	}
}

static size_t count_names(int dir)
{
	DIR *stream = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t count = 0;
	struct dirent *entry;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	(void)closedir(stream);
	return count;
}

static void ini_make__directory__readable_by_descriptor_only_and_removed(void **state)
{
	char path[] = "/tmp/test_ini_XXXXXX";
	char text[64] = "";
	struct stat st;
	int runtime;
	int all = -1;
	int one = -1;
	int file;

	(void)state;
	assert_non_null(mkdtemp(path));
	runtime = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(ini_prepare(runtime, &all), 0);
	assert_int_equal(fstat(all, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(ini_make(all, 7, "a = '1'\n", 8, &one), 0);
	assert_int_equal(fstat(one, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	file = openat(one, "pool.ini", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(read(file, text, sizeof(text)), 8);
	assert_string_equal(text, "a = '1'\n");
	(void)fd_close(file);
	assert_int_equal(ini_make(all, 7, "x", 1, &file), -EEXIST);
	ini_remove(all, 7);
	ini_remove(all, 8);
	assert_int_equal(count_names(all), 0);
	one = fd_close(one);

	/* what an earlier life left is gone */
	assert_int_equal(ini_make(all, 9, "x", 1, &one), 0);
	one = fd_close(one);
	all = fd_close(all);
	assert_int_equal(ini_prepare(runtime, &all), 0);
	assert_int_equal(count_names(all), 0);
	(void)fd_close(all);
	assert_int_equal(unlinkat(runtime, "ini", AT_REMOVEDIR), 0);
	(void)fd_close(runtime);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ini_build__values__quoted_so_that_they_mean_themselves),
		cmocka_unit_test(ini_build__names_that_are_none__refused),
		cmocka_unit_test(ini_make__directory__readable_by_descriptor_only_and_removed),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
