/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_images.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/t.h"

/* A directory of our own, one that all may write to, a link to the first, a file. */
static int make_tree(void **state)
{
	char *root = strdup("/tmp/test-images-XXXXXX");

	if (!root || !mkdtemp(root) || chdir(root) < 0 || mkdir("own", 0700) < 0 ||
		mkdir("open", 0700) < 0 || chmod("open", 0777) < 0 || symlink("own", "link") < 0)
		return -1;
	int file = open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	*state = root;
	return file < 0 ? -1 : close(file);
}

static int remove_tree(void **state)
{
	(void)unlink("file");
	(void)unlink("link");
	(void)rmdir("own");
	(void)rmdir("open");
	if (chdir("/") < 0)
		return -1;
	(void)rmdir(*state);
	free(*state);
	return 0;
}

static void find__each_path__the_same_without_links(void **state)
{
	static const struct {
		const char *text; /* below the tree */
		const char *path; /* below it; NULL: none */
		const char *why;
	} rows[] = {
		{ "/own", "/own", "" },
		{ "/own///", "/own", "" },
		{ "//own/.", "/own", "" },
		{ "/link/", "/own", "" },
		{ "/link/new//image/", "/own/new/image", "" },
		{ "/new/", "/new", "" },
		{ "/own/..", "", "" },
		{ "/own/../new", "/new", "" },
		{ "/new/../own", NULL, "not the path of a directory" },
		{ "/new/.", NULL, "not the path of a directory" },
		{ "/ne\nw", NULL, "not the path of a directory" },
		{ "/file", "/file", "it is no directory" },
		{ "/file/new", NULL, "its path can not be followed" },
		{ "/open", "/open", "others than root may write to it (mode 777)" },
	};
	const char *root = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char text[200], wanted[200], path[SHIM_IMAGES_PATH_SIZE], why[SHIM_IMAGES_WHY_SIZE];

		(void)snprintf(text, sizeof(text), "%s%s", root, rows[i].text);
		(void)snprintf(
			wanted, sizeof(wanted), "%s%s", root, rows[i].path ? rows[i].path : "");
		bool is_path = shim_images_find(text, path, why);

		T_ASSERT_ROW(rows[i].text, is_path == (rows[i].path != NULL));
		T_ASSERT_ROW(rows[i].text, !is_path || strcmp(path, wanted) == 0);
		T_ASSERT_ROW(why, strcmp(why, rows[i].why) == 0);
	}
}

static void find__owner__has_to_be_root_or_who_asks(void **state)
{
	char path[SHIM_IMAGES_PATH_SIZE], why[SHIM_IMAGES_WHY_SIZE];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown("own", 4711, 0), 0);
	assert_true(shim_images_find("own/../own", path, why));
	assert_string_equal(why, "it belongs to uid 4711, not to root");
	assert_int_equal(chown("own", 0, 0), 0);
}

static void find__bounds__as_lsapid(void **state)
{
	char text[6000], path[SHIM_IMAGES_PATH_SIZE], why[SHIM_IMAGES_WHY_SIZE];

	(void)state;
	assert_false(shim_images_find("/", path, why));
	assert_string_equal(why, "not the path of a directory");
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 100)
		text[i] = '/';
	text[1000] = '\0';
	assert_true(shim_images_find(text, path, why));
	assert_string_equal(path, text);
	text[1000] = '/';
	text[1002] = '\0';
	assert_false(shim_images_find(text, path, why));
	assert_string_equal(why, "too long");
	text[1002] = 'a';
	text[sizeof(text) - 1] = '\0';
	assert_false(shim_images_find(text, path, why));
	assert_string_equal(why, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__each_path__the_same_without_links),
		cmocka_unit_test(find__owner__has_to_be_root_or_who_asks),
		cmocka_unit_test(find__bounds__as_lsapid),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
