/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "tests/support/image_world.h"
#include "tests/support/t.h"

static void image_find__committed__is_found_with_its_manifest(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_NONE);
	image_world_freeze(p, "first");
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_expect(&image, "first");
	assert_string_equal(image.manifest.pool, "site/one");
	assert_int_equal(image.manifest.uid, 1001);
	assert_int_equal(image.manifest.cold_ms, 900);
	assert_int_equal(image.manifest.bytes, 9);
	assert_string_equal(manifest_note(&image.manifest, "pid"), "77");
	image_close(&image);
}

static void image_find__other_ids__is_another_pool(void **state)
{
	static const struct store_pool others[] = {
		{ .name = "site/two", .handler = "php", .uid = 1001, .gid = 1002 },
		{ .name = "site_one", .handler = "php", .uid = 1001, .gid = 1002 },
		{ .name = "site/one", .handler = "php8", .uid = 1001, .gid = 1002 },
		{ .name = "site/one", .handler = "php", .uid = 1003, .gid = 1002 },
		{ .name = "site/one", .handler = "php", .uid = 1001, .gid = 1003 },
	};
	const struct image_world *p = *state;
	const struct image_now now = { .facts = p->facts, .host = &image_world_host };
	struct image image = IMAGE_NULL;
	struct why why;

	image_world_freeze(p, "mine");
	for (size_t i = 0; i < T_COUNT(others); i++)
		assert_int_equal(
			image_find(&p->store, &others[i], &now, &image, &why), IMAGE_E_NONE);
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_close(&image);
}

static void image_find__facts_differ__dropped_and_the_key_named(void **state)
{
	static const struct {
		const char *data;
		size_t size;
		const char *why;
	} cases[] = {
#define DATA(text) .data = (text), .size = sizeof(text)
		{ DATA("spec.handler=php\0env.A=other\0env.B=2\0limit.nofile=1024"),
			"env.A: changed" },
		{ DATA("spec.handler=php\0env.B=2\0limit.nofile=1024"), "env.A: no longer there" },
		{ DATA("spec.handler=php\0env.A=secret\0env.B=2"),
			"limit.nofile: no longer there" },
		{ DATA("spec.handler=php\0env.A=secret\0env.AA=1\0env.B=2\0limit.nofile=1024"),
			"env.AA: new" },
		{ DATA("spec.handler=php\0env.A=secret\0env.B=2\0limit.nofile=1024\0z=1"),
			"z: new" },
		{ DATA("env.A=secret\0env.A=secret\0env.B=2\0limit.nofile=1024\0spec.handler=php"),
			"env.A: new" },
#undef DATA
	};
	const struct image_world *p = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct image_now now = { .host = &image_world_host };
		struct image image = IMAGE_NULL;
		struct why why;

		image_world_freeze(p, "x");
		assert_int_equal(facts_parse(cases[i].data, cases[i].size, &now.facts), 0);
		assert_int_equal(image_find(&p->store, &image_world_pool, &now, &image, &why),
			IMAGE_E_DROPPED);
		assert_string_equal(why.text, cases[i].why);
		assert_null(strstr(why.text, "secret"));
	}
}

static void image_find__facts_in_another_order__same(void **state)
{
	static const char other[] = "limit.nofile=1024\0env.B=2\0env.A=secret\0spec.handler=php";
	struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	image_world_freeze(p, "x");
	assert_int_equal(facts_parse(other, sizeof(other), &p->facts), 0);
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_close(&image);
}

static void image_find__host_differs__dropped(void **state)
{
	static const struct {
		struct host now;
		const char *why;
	} cases[] = {
		{ { .kernel = "6.2", .cpu = "c0ffee", .criu = "3.17.1" }, "kernel 6.1 -> 6.2" },
		{ { .kernel = "6.1", .cpu = "bad", .criu = "3.17.1" },
			"features of the processor changed" },
		{ { .kernel = "6.1", .cpu = "c0ffee", .criu = "4.2" }, "criu 3.17.1 -> 4.2" },
	};
	const struct image_world *p = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct image_now now = { .facts = p->facts, .host = &cases[i].now };
		struct image image = IMAGE_NULL;
		struct why why;

		image_world_freeze(p, "x");
		assert_int_equal(image_find(&p->store, &image_world_pool, &now, &image, &why),
			IMAGE_E_DROPPED);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void image_find__watched_file_differs__dropped(void **state)
{
	const struct image_world *p = *state;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 5 } };

	image_world_freeze(p, "x");
	image_world_write_in(AT_FDCWD, p->ini, "memory_limit=1G\n");
	image_world_expect_dropped(p, "php.ini has another size");
	image_world_freeze(p, "x");
	assert_int_equal(utimensat(AT_FDCWD, p->ini, times, 0), 0);
	image_world_expect_dropped(p, "php.ini was changed");
	image_world_freeze(p, "x");
	assert_int_equal(unlink(p->ini), 0);
	image_world_expect_dropped(p, "php.ini is gone");
	image_world_freeze(p, "x");
	image_world_write_in(AT_FDCWD, p->ini, "");
	image_world_expect_dropped(p, "php.ini is there now");
}

static void image_find__own_files_differ__dropped(void **state)
{
	const struct image_world *p = *state;
	int shelf, dir;

	image_world_freeze(p, "1234");
	shelf = image_world_shelf_fd(p);
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	image_world_write_in(dir, "pages-1.img", "123");
	(void)fd_close(dir);
	image_world_expect_dropped(p, "image file pages-1.img has another size");
	image_world_freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(dir, "core-7.img", 0), 0);
	(void)fd_close(dir);
	image_world_expect_dropped(p, "image file core-7.img is gone");
	image_world_freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(renameat(dir, "core-7.img", dir, "x"), 0);
	image_world_write_in(dir, "core-7.img", "core");
	(void)fd_close(dir);
	image_world_expect_dropped(p, "image file core-7.img was replaced");
	/* logs are no part of it */
	image_world_freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	image_world_write_in(dir, "dump.log", "longer than it was");
	image_world_write_in(dir, "restore.log", "new");
	image_world_write_in(dir, "manifest", "rubbish");
	(void)fd_close(dir);
	image_world_expect_dropped(p, "manifest: cut off, or its digest is wrong");
	image_world_freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(dir, "manifest", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir, "manifest"), 0);
	(void)fd_close(dir);
	image_world_expect_dropped(p, "manifest: ELOOP");
	(void)fd_close(shelf);
}

static void image_find__flag_of_the_administrator__image_and_flag_gone(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;
	int shelf;

	image_world_freeze(p, "x");
	shelf = image_world_shelf_fd(p);
	/* neither a link nor a directory is a flag */
	assert_int_equal(symlinkat("/etc/passwd", shelf, "my.reset"), 0);
	assert_int_equal(mkdirat(shelf, "reset.d", 0700), 0);
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_close(&image);
	image_world_write_in(shelf, "please_reset_me", "");
	image_world_expect_dropped(p, "reset by please_reset_me");
	assert_int_equal(faccessat(shelf, "please_reset_me", F_OK, 0), -1);
	/* also if there is no image that it could be meant for */
	image_world_write_in(shelf, "reset", "");
	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_NONE);
	assert_int_equal(faccessat(shelf, "reset", F_OK, 0), -1);
	(void)fd_close(shelf);
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, image_world_make, image_world_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_WORLD(image_find__committed__is_found_with_its_manifest),
		WITH_WORLD(image_find__other_ids__is_another_pool),
		WITH_WORLD(image_find__facts_differ__dropped_and_the_key_named),
		WITH_WORLD(image_find__facts_in_another_order__same),
		WITH_WORLD(image_find__host_differs__dropped),
		WITH_WORLD(image_find__watched_file_differs__dropped),
		WITH_WORLD(image_find__own_files_differ__dropped),
		WITH_WORLD(image_find__flag_of_the_administrator__image_and_flag_gone),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
