/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/gather.h"
#include "daemon/criu/stamp.h"
#include "tests/support/t.h"

static const char facts_data[] = "spec.handler=php\0env.A=secret\0env.B=2\0limit.nofile=1024";
static const struct host host = { .kernel = "6.1", .cpu = "c0ffee", .criu = "3.17.1" };
static const struct store_pool pool = {
	.name = "site/one", .handler = "php", .uid = 1001, .gid = 1002
};

/* A store in a directory of its own, and beside it a "php.ini" that is watched. */
struct place {
	char root[64];
	char ini[96];
	struct store store;
	struct facts facts;
};

static int place_make(void **state)
{
	static struct place p;
	char path[96];
	struct why why;
	int fd;

	p = (struct place){ .store.dir = -1 };
	(void)snprintf(p.root, sizeof(p.root), "/tmp/lsapid-image-XXXXXX");
	assert_non_null(mkdtemp(p.root));
	(void)snprintf(p.ini, sizeof(p.ini), "%s/php.ini", p.root);
	fd = open(p.ini, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	(void)fd_close(fd);
	(void)snprintf(path, sizeof(path), "%s/images", p.root);
	assert_int_equal(store_open(path, &p.store, &why), 0);
	assert_int_equal(facts_parse(facts_data, sizeof(facts_data), &p.facts), 0);
	*state = &p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;
	char command[96];

	store_close(&p->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a directory of our own */
	assert_int_equal(system(command), 0);
	return 0;
}

static void write_in(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)fd_close(fd);
}

static void describe(const struct place *p, struct manifest_builder *b)
{
	struct stamp stamp;

	manifest_begin(b);
	manifest_put_host(b, &host);
	manifest_put_facts(b, &p->facts);
	manifest_put_note(b, "pid", "77");
	manifest_put_uint(b, "cold_ms", 900);
	manifest_put_uint(b, "freeze_ms", 80);
	assert_int_equal(stamp_take(AT_FDCWD, p->ini, 0, &stamp), 0);
	manifest_put_stamp(b, MANIFEST_WATCH, &stamp, p->ini);
}

/* @text tells the images of one test apart */
static void freeze(const struct place *p, const char *text)
{
	struct manifest_builder b = { .data = NULL };
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };
	uint64_t bytes = 0;

	describe(p, &b);
	assert_int_equal(image_begin(&p->store, &pool, &image, &why), 0);
	write_in(image.dir, "pages-1.img", text);
	write_in(image.dir, "core-7.img", "core");
	write_in(image.dir, "dump.log", "not part of it");
	assert_int_equal(image_commit(&image, &b, &bytes, &why), 0);
	assert_int_equal(bytes, strlen(text) + 4);
	image_close(&image);
	manifest_builder_deinit(&b);
}

static int find(const struct place *p, struct image *image, struct why *why)
{
	const struct image_now now = { .facts = p->facts, .host = &host };

	return image_find(&p->store, &pool, &now, image, why);
}

static int shelf_fd(const struct place *p)
{
	char name[STORE_NAME_SIZE];
	int fd;

	store_shelf_name(&pool, name);
	fd = openat(p->store.dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void assert_pages(const struct image *image, const char *text)
{
	char found[64] = "";
	int fd = openat(image->dir, "pages-1.img", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, found, sizeof(found) - 1) >= 0);
	(void)fd_close(fd);
	assert_string_equal(found, text);
}

static void assert_dropped(const struct place *p, const char *expected)
{
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };

	assert_int_equal(find(p, &image, &why), IMAGE_E_DROPPED);
	if (!strstr(why.text, expected))
		assert_string_equal(why.text, expected);
	/* it is gone, and nothing of it is left */
	assert_int_equal(find(p, &image, &why), IMAGE_E_NONE);
	assert_string_equal(why.text, "");
}

static void image_find__committed__is_found_with_its_manifest(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	assert_int_equal(find(p, &image, &why), IMAGE_E_NONE);
	freeze(p, "first");
	assert_int_equal(find(p, &image, &why), 0);
	assert_pages(&image, "first");
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
	const struct place *p = *state;
	const struct image_now now = { .facts = p->facts, .host = &host };
	struct image image = IMAGE_NULL;
	struct why why;

	freeze(p, "mine");
	for (size_t i = 0; i < T_COUNT(others); i++)
		assert_int_equal(
			image_find(&p->store, &others[i], &now, &image, &why), IMAGE_E_NONE);
	assert_int_equal(find(p, &image, &why), 0);
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
	const struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct image_now now = { .host = &host };
		struct image image = IMAGE_NULL;
		struct why why;

		freeze(p, "x");
		assert_int_equal(facts_parse(cases[i].data, cases[i].size, &now.facts), 0);
		assert_int_equal(image_find(&p->store, &pool, &now, &image, &why), IMAGE_E_DROPPED);
		assert_string_equal(why.text, cases[i].why);
		assert_null(strstr(why.text, "secret"));
	}
}

static void image_find__facts_in_another_order__same(void **state)
{
	static const char other[] = "limit.nofile=1024\0env.B=2\0env.A=secret\0spec.handler=php";
	struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	freeze(p, "x");
	assert_int_equal(facts_parse(other, sizeof(other), &p->facts), 0);
	assert_int_equal(find(p, &image, &why), 0);
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
	const struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct image_now now = { .facts = p->facts, .host = &cases[i].now };
		struct image image = IMAGE_NULL;
		struct why why;

		freeze(p, "x");
		assert_int_equal(image_find(&p->store, &pool, &now, &image, &why), IMAGE_E_DROPPED);
		assert_string_equal(why.text, cases[i].why);
	}
}

static void image_find__watched_file_differs__dropped(void **state)
{
	const struct place *p = *state;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 5 } };

	freeze(p, "x");
	write_in(AT_FDCWD, p->ini, "memory_limit=1G\n");
	assert_dropped(p, "php.ini has another size");
	freeze(p, "x");
	assert_int_equal(utimensat(AT_FDCWD, p->ini, times, 0), 0);
	assert_dropped(p, "php.ini was changed");
	freeze(p, "x");
	assert_int_equal(unlink(p->ini), 0);
	assert_dropped(p, "php.ini is gone");
	freeze(p, "x");
	write_in(AT_FDCWD, p->ini, "");
	assert_dropped(p, "php.ini is there now");
}

static void image_find__own_files_differ__dropped(void **state)
{
	const struct place *p = *state;
	int shelf, dir;

	freeze(p, "1234");
	shelf = shelf_fd(p);
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_in(dir, "pages-1.img", "123");
	(void)fd_close(dir);
	assert_dropped(p, "image file pages-1.img has another size");
	freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(dir, "core-7.img", 0), 0);
	(void)fd_close(dir);
	assert_dropped(p, "image file core-7.img is gone");
	freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(renameat(dir, "core-7.img", dir, "x"), 0);
	write_in(dir, "core-7.img", "core");
	(void)fd_close(dir);
	assert_dropped(p, "image file core-7.img was replaced");
	/* logs are no part of it */
	freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_in(dir, "dump.log", "longer than it was");
	write_in(dir, "restore.log", "new");
	write_in(dir, "manifest", "rubbish");
	(void)fd_close(dir);
	assert_dropped(p, "manifest: cut off, or its digest is wrong");
	freeze(p, "1234");
	dir = openat(shelf, "image.1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(dir, "manifest", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir, "manifest"), 0);
	(void)fd_close(dir);
	assert_dropped(p, "manifest: ELOOP");
	(void)fd_close(shelf);
}

static void image_find__flag_of_the_administrator__image_and_flag_gone(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;
	int shelf;

	freeze(p, "x");
	shelf = shelf_fd(p);
	/* neither a link nor a directory is a flag */
	assert_int_equal(symlinkat("/etc/passwd", shelf, "my.reset"), 0);
	assert_int_equal(mkdirat(shelf, "reset.d", 0700), 0);
	assert_int_equal(find(p, &image, &why), 0);
	image_close(&image);
	write_in(shelf, "please_reset_me", "");
	assert_dropped(p, "reset by please_reset_me");
	assert_int_equal(faccessat(shelf, "please_reset_me", F_OK, 0), -1);
	/* also if there is no image that it could be meant for */
	write_in(shelf, "reset", "");
	assert_int_equal(find(p, &image, &why), IMAGE_E_NONE);
	assert_int_equal(faccessat(shelf, "reset", F_OK, 0), -1);
	(void)fd_close(shelf);
}

static void image_commit__second__takes_the_place_of_the_first(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;
	int shelf;

	freeze(p, "first");
	freeze(p, "second");
	assert_int_equal(find(p, &image, &why), 0);
	assert_pages(&image, "second");
	image_close(&image);
	shelf = shelf_fd(p);
	assert_int_equal(faccessat(shelf, "image.1", F_OK, 0), -1);
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), -1);
	(void)fd_close(shelf);
}

static void image_commit__first_is_being_read__stays_readable(void **state)
{
	const struct place *p = *state;
	struct image first = IMAGE_NULL, second = IMAGE_NULL;
	struct why why;
	int shelf;

	freeze(p, "first");
	assert_int_equal(find(p, &first, &why), 0);
	freeze(p, "second");
	assert_pages(&first, "first");
	shelf = shelf_fd(p);
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), 0);
	assert_int_equal(find(p, &second, &why), 0);
	assert_pages(&second, "second");
	image_close(&second);
	/* what its reader does not like is not the second, which has its place */
	image_drop(&first);
	image_close(&first);
	assert_int_equal(find(p, &second, &why), 0);
	assert_pages(&second, "second");
	image_close(&second);
	/* nobody reads it any more */
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), -1);
	(void)fd_close(shelf);
}

static void image_close__not_committed__nothing_is_left(void **state)
{
	const struct place *p = *state;
	struct manifest_builder b = { .data = NULL };
	struct image image = IMAGE_NULL;
	struct shelf_content content;
	struct shelf shelf;
	struct why why;
	uint64_t bytes;

	assert_int_equal(image_begin(&p->store, &pool, &image, &why), 0);
	write_in(image.dir, "pages-1.img", "half");
	image_close(&image);
	/* nor of one that CRIU has not written */
	describe(p, &b);
	assert_int_equal(image_begin(&p->store, &pool, &image, &why), 0);
	assert_int_equal(image_commit(&image, &b, &bytes, &why), -ENODATA);
	assert_string_equal(why.text, "image: CRIU has written none: ENODATA");
	image_close(&image);
	manifest_builder_deinit(&b);
	shelf.dir = shelf_fd(p);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_int_equal(content.newest, 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

static void image_commit__writer_killed__old_one_stays_and_rest_is_removed(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct shelf_content content;
	struct shelf shelf;
	struct why why;
	pid_t pid;

	freeze(p, "old");
	pid = fork();
	if (pid == 0) {
		if (image_begin(&p->store, &pool, &image, &why) == 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	shelf.dir = shelf_fd(p);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_true(content.has_more);
	assert_int_equal(find(p, &image, &why), 0);
	assert_pages(&image, "old");
	image_close(&image);
	freeze(p, "new");
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

static void image_commit__two_at_once__the_later_counts(void **state)
{
	const struct place *p = *state;
	struct manifest_builder b[2] = { { .data = NULL }, { .data = NULL } };
	struct image image[2] = { IMAGE_NULL, IMAGE_NULL }, found = IMAGE_NULL;
	struct why why;
	uint64_t bytes;

	for (size_t i = 0; i < 2; i++) {
		describe(p, &b[i]);
		assert_int_equal(image_begin(&p->store, &pool, &image[i], &why), 0);
		write_in(image[i].dir, "pages-1.img", i ? "later" : "sooner");
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(image_commit(&image[i], &b[i], &bytes, &why), 0);
		image_close(&image[i]);
		manifest_builder_deinit(&b[i]);
	}
	assert_int_equal(find(p, &found, &why), 0);
	assert_pages(&found, "later");
	image_close(&found);
}

static void image_used__twice__counted(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct image_usage usage;
	struct why why;

	freeze(p, "x");
	assert_int_equal(find(p, &image, &why), 0);
	image_usage(&image, &usage);
	assert_int_equal(usage.restores, 0);
	assert_true(usage.last_s == image.manifest.created_s);
	image_used(&image, 95);
	image_used(&image, 43);
	image_usage(&image, &usage);
	assert_int_equal(usage.restores, 2);
	assert_int_equal(usage.restore_ms, 43);
	image_close(&image);
	/* and does not make it another image */
	assert_int_equal(find(p, &image, &why), 0);
	write_in(image.dir, "used", "rubbish");
	image_usage(&image, &usage);
	assert_int_equal(usage.restores, 0);
	image_close(&image);
}

static void image_drop__found__gone(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	freeze(p, "x");
	assert_int_equal(find(p, &image, &why), 0);
	image_drop(&image);
	image_close(&image);
	assert_int_equal(find(p, &image, &why), IMAGE_E_NONE);
}

static void image_reset__one_or_none__gone(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	assert_int_equal(image_reset(&p->store, &pool, &why), 0);
	freeze(p, "x");
	assert_int_equal(image_reset(&p->store, &pool, &why), 0);
	assert_int_equal(find(p, &image, &why), IMAGE_E_NONE);
	assert_int_equal(image_reset(&p->store, &pool, &why), 0);
}

static void image_begin__shelf_is_not_ours_alone__refused(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	char name[STORE_NAME_SIZE];
	struct why why;

	store_shelf_name(&pool, name);
	assert_int_equal(symlinkat("/tmp", p->store.dir, name), 0);
	assert_true(image_begin(&p->store, &pool, &image, &why) < 0);
	assert_int_equal(unlinkat(p->store.dir, name, 0), 0);
	assert_int_equal(mkdirat(p->store.dir, name, 0700), 0);
	assert_int_equal(fchmodat(p->store.dir, name, 0770, 0), 0);
	assert_int_equal(image_begin(&p->store, &pool, &image, &why), -EPERM);
	assert_int_equal(find(p, &image, &why), -EPERM);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_PLACE(image_find__committed__is_found_with_its_manifest),
		WITH_PLACE(image_find__other_ids__is_another_pool),
		WITH_PLACE(image_find__facts_differ__dropped_and_the_key_named),
		WITH_PLACE(image_find__facts_in_another_order__same),
		WITH_PLACE(image_find__host_differs__dropped),
		WITH_PLACE(image_find__watched_file_differs__dropped),
		WITH_PLACE(image_find__own_files_differ__dropped),
		WITH_PLACE(image_find__flag_of_the_administrator__image_and_flag_gone),
		WITH_PLACE(image_commit__second__takes_the_place_of_the_first),
		WITH_PLACE(image_commit__first_is_being_read__stays_readable),
		WITH_PLACE(image_close__not_committed__nothing_is_left),
		WITH_PLACE(image_commit__writer_killed__old_one_stays_and_rest_is_removed),
		WITH_PLACE(image_commit__two_at_once__the_later_counts),
		WITH_PLACE(image_used__twice__counted),
		WITH_PLACE(image_drop__found__gone),
		WITH_PLACE(image_reset__one_or_none__gone),
		WITH_PLACE(image_begin__shelf_is_not_ours_alone__refused),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
