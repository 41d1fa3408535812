/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/criu/host.h"
#include "tests/support/t.h"

struct place {
	char root[64];
	char dir[96];
};

static int place_make(void **state)
{
	static struct place p;

	(void)snprintf(p.root, sizeof(p.root), "/tmp/lsapid-store-XXXXXX");
	assert_non_null(mkdtemp(p.root));
	(void)snprintf(p.dir, sizeof(p.dir), "%s/images", p.root);
	*state = &p;
	return 0;
}

static int place_remove(void **state)
{
	const struct place *p = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/real", p->root);
	(void)rmdir(path);
	(void)rmdir(p->dir);
	(void)unlink(p->dir);
	assert_int_equal(rmdir(p->root), 0);
	return 0;
}

static void assert_refused(const char *path, const char *at, const char *what)
{
	struct store store = { .dir = -1 };
	struct why why = { .text = "" };

	assert_int_equal(store_open(path, &store, &why), 1);
	assert_int_equal(store.dir, -1);
	assert_non_null(strstr(why.text, at));
	if (!strstr(why.text, what))
		assert_string_equal(why.text, what);
}

static void store_open__missing__made_for_us_alone(void **state)
{
	const struct place *p = *state;
	struct store store = { .dir = -1 };
	struct why why;
	struct stat st;

	assert_int_equal(store_open(p->dir, &store, &why), 0);
	assert_int_equal(stat(p->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	store_close(&store);
	assert_int_equal(store.dir, -1);
	/* again; and what an administrator has made, others may look into */
	assert_int_equal(chmod(p->dir, 0755), 0);
	assert_int_equal(store_open(p->dir, &store, &why), 0);
	store_close(&store);
}

static void store_open__not_ours_alone__refused_with_a_remedy(void **state)
{
	const struct place *p = *state;
	char path[128];

	assert_int_equal(mkdir(p->dir, 0700), 0);
	assert_int_equal(chmod(p->dir, 0770), 0);
	assert_refused(p->dir, p->dir, "is writable by group or others: chmod go-w");
	assert_int_equal(chmod(p->dir, 01777), 0);
	assert_refused(p->dir, p->dir, "chmod 0700");
	if (geteuid() == 0) {
		assert_int_equal(chmod(p->dir, 0700), 0);
		assert_int_equal(chown(p->dir, 12345, 0), 0);
		assert_refused(p->dir, p->dir, "belongs to another user");
		assert_int_equal(chown(p->dir, 0, 0), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/real", p->root);
	assert_int_equal(rename(p->dir, path), 0);
	assert_int_equal(symlink(path, p->dir), 0);
	assert_refused(p->dir, p->dir, "is a symbolic link");
	(void)snprintf(path, sizeof(path), "%s/images/deeper", p->root);
	assert_refused(path, p->dir, "is a symbolic link");
	/* only the last one is made */
	(void)snprintf(path, sizeof(path), "%s/not/there", p->root);
	assert_refused(path, "/not", "does not exist");
	assert_refused("images", "images", "is not a plain absolute path");
}

static void store_shelf_name__any_text__plain_and_unique(void **state)
{
	static const struct store_pool pools[] = {
		{ .name = "www.example.org:443", .handler = "php", .uid = 1, .gid = 2 },
		{ .name = "www.example.org_443", .handler = "php", .uid = 1, .gid = 2 },
		{ .name = "www.example.org:443", .handler = "php", .uid = 12, .gid = 2 },
		{ .name = "www.example.org:443", .handler = "php", .uid = 1, .gid = 22 },
		{ .name = "www.example.org:443", .handler = "php8", .uid = 1, .gid = 2 },
	};
	char names[T_COUNT(pools)][STORE_NAME_SIZE], longest[600];
	struct store_pool pool = pools[0];

	(void)state;
	for (size_t i = 0; i < T_COUNT(pools); i++) {
		store_shelf_name(&pools[i], names[i]);
		assert_int_equal(strncmp(names[i], "lsapi_www.example.org_443_", 26), 0);
		assert_int_equal(strspn(names[i] + 26, "0123456789abcdef"), 16);
		assert_string_equal(names[i] + 42, "_criu_imgs");
		assert_true(store_is_shelf_of(names[i], pools[i].name));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
	assert_false(store_is_shelf_of(names[0], "www.example.org"));
	assert_false(store_is_shelf_of(names[0], "www.example.org:4433"));
	/* a name that no file could have */
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	pool.name = longest;
	store_shelf_name(&pool, names[0]);
	assert_null(strchr(names[0], '/'));
	assert_true(strlen(names[0]) < 200);
	assert_true(store_is_shelf_of(names[0], longest));
	longest[sizeof(longest) - 2] = 'x';
	store_shelf_name(&pool, names[1]);
	assert_string_not_equal(names[0], names[1]);
}

static int count_shelf(const struct store *s, const char *name, void *arg)
{
	(void)s;
	assert_string_equal(name, "lsapi_x_criu_imgs");
	return ++*(int *)arg == 1 ? 0 : 7;
}

static void store_walk__other_names__not_seen(void **state)
{
	static const char *const names[] = { "lsapi_x_criu_imgs", "lsapi__criu_img", "other",
		"lsapi_criu_imgs", "x_criu_imgs" };
	const struct place *p = *state;
	struct store store = { .dir = -1 };
	struct why why;
	int count = 0;

	assert_int_equal(store_open(p->dir, &store, &why), 0);
	for (size_t i = 0; i < T_COUNT(names); i++)
		assert_int_equal(mkdirat(store.dir, names[i], 0700), 0);
	assert_int_equal(store_walk(&store, count_shelf, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(store_walk(&store, count_shelf, &count), 7);
	for (size_t i = 0; i < T_COUNT(names); i++)
		assert_int_equal(unlinkat(store.dir, names[i], AT_REMOVEDIR), 0);
	store_close(&store);
}

static void host_init__twice__the_same(void **state)
{
	struct host a, b;

	(void)state;
	host_init(&a, "3.17.1");
	host_init(&b, "4.2");
	assert_string_equal(a.criu, "3.17.1");
	assert_string_equal(b.criu, "4.2");
	assert_string_equal(a.kernel, b.kernel);
	assert_string_equal(a.cpu, b.cpu);
	assert_string_not_equal(a.kernel, "unknown");
	/* the digest of nothing: no line was found */
	assert_string_not_equal(a.cpu, "cbf29ce484222325");
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_PLACE(store_open__missing__made_for_us_alone),
		WITH_PLACE(store_open__not_ours_alone__refused_with_a_remedy),
		cmocka_unit_test(store_shelf_name__any_text__plain_and_unique),
		WITH_PLACE(store_walk__other_names__not_seen),
		cmocka_unit_test(host_init__twice__the_same),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
