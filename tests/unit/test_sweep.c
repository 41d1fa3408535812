/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/image.h"
#include "daemon/criu/list.h"
#include "tests/support/image_world.h"
#include "tests/support/t.h"

/* Nobody has it. */
#define NO_USER 2999999999U

static struct store_pool pool_of(const char *name, uid_t uid)
{
	return (struct store_pool){ .name = name, .handler = "php", .uid = uid, .gid = 1 };
}

/* An image of @size bytes. */
static void freeze(const struct image_world *p, const char *name, uid_t uid, size_t size)
{
	const struct store_pool pool = pool_of(name, uid);
	struct manifest_builder b = { .data = NULL };
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };
	uint64_t bytes = 0;
	int fd;

	manifest_begin(&b);
	manifest_put_host(&b, &image_world_host);
	manifest_put_facts(&b, &p->facts);
	manifest_put_uint(&b, "cold_ms", 900);
	manifest_put_uint(&b, "freeze_ms", 80);
	assert_int_equal(image_begin(&p->store, &pool, &image, &why), 0);
	fd = openat(image.dir, "pages-1.img", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	(void)fd_close(fd);
	assert_int_equal(image_commit(&image, &b, &bytes, &why), 0);
	image_close(&image);
	manifest_builder_deinit(&b);
}

static int find(const struct image_world *p, const char *name, uid_t uid, struct image *image)
{
	const struct store_pool pool = pool_of(name, uid);
	const struct image_now now = { .facts = p->facts, .host = &image_world_host };
	struct why why;

	return image_find(&p->store, &pool, &now, image, &why);
}

static bool has_image(const struct image_world *p, const char *name, uid_t uid)
{
	struct image image = IMAGE_NULL;
	int r = find(p, name, uid, &image);

	assert_in_range(r, 0, IMAGE_E_DROPPED);
	if (r == 0)
		image_close(&image);
	return r == 0;
}

/* As if it had been used so long ago. */
static void use(const struct image_world *p, const char *name, uid_t uid, time_t ago_s)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = time(NULL) - ago_s } };
	struct image image = IMAGE_NULL;

	assert_int_equal(find(p, name, uid, &image), 0);
	image_used(&image, 40);
	assert_int_equal(utimensat(image.dir, "used", times, 0), 0);
	image_close(&image);
}

static bool has_shelf(const struct image_world *p, const char *name, uid_t uid)
{
	const struct store_pool pool = pool_of(name, uid);
	char shelf[STORE_NAME_SIZE];

	store_shelf_name(&pool, shelf);
	return faccessat(p->store.dir, shelf, F_OK, 0) == 0;
}

static struct sweep_result sweep(
	const struct image_world *p, uint64_t max_bytes, uint64_t max_age_s)
{
	const struct sweep_limits limits = { .max_bytes = max_bytes, .max_age_s = max_age_s };
	struct sweep_result result = { .removed = 0 };
	struct why why;

	assert_int_equal(sweep_run(&p->store, &limits, &result, &why), 0);
	return result;
}

static void sweep_run__nothing_wrong__all_stays(void **state)
{
	const struct image_world *p = *state;
	struct sweep_result r = sweep(p, 1, 1);

	assert_int_equal(r.removed + r.left, 0);
	freeze(p, "a", geteuid(), 1000);
	freeze(p, "b", geteuid(), 500);
	use(p, "a", geteuid(), 100);
	r = sweep(p, 1500, 1000);
	assert_int_equal(r.removed, 0);
	assert_int_equal(r.left, 2);
	assert_int_equal(r.left_bytes, 1500);
	r = sweep(p, 0, 0);
	assert_int_equal(r.removed, 0);
}

static void sweep_run__not_used_for_long__removed(void **state)
{
	const struct image_world *p = *state;
	struct sweep_result r;

	freeze(p, "old", geteuid(), 1000);
	freeze(p, "young", geteuid(), 10);
	use(p, "old", geteuid(), 7200);
	use(p, "young", geteuid(), 1800);
	r = sweep(p, 0, 3600);
	assert_int_equal(r.removed, 1);
	assert_int_equal(r.removed_bytes, 1000);
	assert_int_equal(r.left, 1);
	assert_int_equal(r.left_bytes, 10);
	assert_false(has_image(p, "old", geteuid()));
	assert_true(has_image(p, "young", geteuid()));
}

static void sweep_run__too_much__least_recently_used_go(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	static const time_t ago[] = { 100, 400, 200, 300 };
	const struct image_world *p = *state;
	struct sweep_result r;

	for (size_t i = 0; i < T_COUNT(names); i++) {
		freeze(p, names[i], geteuid(), 100);
		use(p, names[i], geteuid(), ago[i]);
	}
	/* b and d, and no more than needed */
	r = sweep(p, 299, 0);
	assert_int_equal(r.removed, 2);
	assert_int_equal(r.removed_bytes, 200);
	assert_int_equal(r.left_bytes, 200);
	assert_true(has_image(p, "a", geteuid()));
	assert_false(has_image(p, "b", geteuid()));
	assert_true(has_image(p, "c", geteuid()));
	assert_false(has_image(p, "d", geteuid()));
	r = sweep(p, 1, 0);
	assert_int_equal(r.left, 0);
}

static void sweep_run__user_is_gone__removed(void **state)
{
	const struct image_world *p = *state;
	struct sweep_result r;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	assert_null(getpwuid(NO_USER));
	freeze(p, "gone", NO_USER, 10);
	freeze(p, "here", geteuid(), 10);
	r = sweep(p, 0, 0);
	assert_int_equal(r.removed, 1);
	assert_false(has_image(p, "gone", NO_USER));
	assert_true(has_image(p, "here", geteuid()));
}

static void sweep_run__broken_one__removed(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct sweep_result r;
	int fd;

	freeze(p, "broken", geteuid(), 10);
	assert_int_equal(find(p, "broken", geteuid(), &image), 0);
	fd = openat(image.dir, "manifest", O_WRONLY | O_TRUNC | O_CLOEXEC);
	(void)fd_close(fd);
	image_close(&image);
	r = sweep(p, 0, 0);
	assert_int_equal(r.removed, 1);
	assert_int_equal(r.left, 0);
}

static void touch_in(const struct image_world *p, const char *shelf, const char *name)
{
	char path[STORE_NAME_SIZE + 32];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", shelf, name);
	fd = openat(p->store.dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)fd_close(fd);
}

static void sweep_run__empty_directory_for_long__removed(void **state)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000 } };
	const struct store_pool pool = pool_of("a", geteuid());
	const struct image_world *p = *state;
	char shelf[STORE_NAME_SIZE], flag[STORE_NAME_SIZE + 32];
	struct why why;

	freeze(p, "a", geteuid(), 10);
	assert_int_equal(image_reset(&p->store, &pool, &why), 0);
	(void)sweep(p, 0, 3600);
	assert_true(has_shelf(p, "a", geteuid()));
	/* with a flag in it, that somebody is to find, or something else that is not ours */
	store_shelf_name(&pool, shelf);
	touch_in(p, shelf, "restore.log");
	for (unsigned i = 0; i < 2; i++) {
		const char *name = i ? "reset.log" : "own";

		touch_in(p, shelf, name);
		assert_int_equal(utimensat(p->store.dir, shelf, times, 0), 0);
		(void)sweep(p, 0, 3600);
		(void)snprintf(flag, sizeof(flag), "%s/%s", shelf, name);
		assert_int_equal(unlinkat(p->store.dir, flag, 0), 0);
	}
	assert_int_equal(utimensat(p->store.dir, shelf, times, 0), 0);
	(void)sweep(p, 0, 0);
	assert_true(has_shelf(p, "a", geteuid()));
	(void)sweep(p, 0, 3600);
	assert_false(has_shelf(p, "a", geteuid()));
	/* who comes then makes it anew */
	freeze(p, "a", geteuid(), 10);
	assert_true(has_image(p, "a", geteuid()));
}

static size_t count_new(const struct image_world *p, const char *name)
{
	const struct store_pool pool = pool_of(name, geteuid());
	struct shelf_content content;
	struct shelf shelf = SHELF_NULL;
	char path[STORE_NAME_SIZE];

	store_shelf_name(&pool, path);
	assert_int_equal(shelf_open(p->store.dir, path, false, &shelf), 0);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	shelf_close(&shelf);
	return content.has_more;
}

static void sweep_run__unfinished_ones__only_of_the_dead_are_removed(void **state)
{
	const struct store_pool pool = pool_of("a", geteuid());
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;
	pid_t pid = fork();

	if (pid == 0) {
		if (image_begin(&p->store, &pool, &image, &why) == 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(count_new(p, "a"), 1);
	(void)sweep(p, 0, 0);
	assert_int_equal(count_new(p, "a"), 0);
	assert_int_equal(image_begin(&p->store, &pool, &image, &why), 0);
	(void)sweep(p, 1, 1);
	assert_int_equal(count_new(p, "a"), 1);
	image_close(&image);
	assert_int_equal(count_new(p, "a"), 0);
}

static void sweep_run__image_in_use__reader_keeps_its_files(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;

	freeze(p, "a", geteuid(), 100);
	assert_int_equal(find(p, "a", geteuid(), &image), 0);
	assert_int_equal(sweep(p, 1, 0).removed, 1);
	assert_int_equal(faccessat(image.dir, "pages-1.img", F_OK, 0), 0);
	assert_false(has_image(p, "a", geteuid()));
	image_close(&image);
	assert_int_equal(count_new(p, "a"), 1);
	(void)sweep(p, 1, 0);
	assert_int_equal(count_new(p, "a"), 0);
}

static size_t reset(const struct image_world *p, const char *pool)
{
	size_t count = 99;
	struct why why;

	assert_int_equal(sweep_reset(&p->store, pool, "asked", &count, &why), 0);
	return count;
}

static void sweep_reset__by_name__all_of_that_name(void **state)
{
	const struct image_world *p = *state;

	freeze(p, "site", geteuid(), 1);
	freeze(p, "site", 5, 1);
	freeze(p, "si/e", 5, 1);
	freeze(p, "si_e", 5, 1);
	freeze(p, "site2", 5, 1);
	assert_int_equal(reset(p, "nosite"), 0);
	assert_int_equal(reset(p, "si/e"), 1);
	assert_true(has_image(p, "si_e", 5));
	assert_int_equal(reset(p, "site"), 2);
	assert_int_equal(reset(p, "site"), 0);
	assert_true(has_image(p, "site2", 5));
	assert_int_equal(reset(p, NULL), 2);
	assert_false(has_image(p, "site2", 5));
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		assert_string_equal(text, part); /* shows both */
}

static void list_print__good_and_bad__each_with_its_problem(void **state)
{
	static const struct host other = { .kernel = "6.2", .cpu = "c0ffee", .criu = "3.17.1" };
	const struct image_world *p = *state;
	char *text = list_print(&p->store, 1, &image_world_host);

	assert_string_equal(text, "{\"images\":[],\"bytes\":0}");
	free(text);
	freeze(p, "si\xffte", 7, 1000);
	use(p, "si\xffte", 7, 100);
	text = list_print(&p->store, 1, &image_world_host);
	assert_non_null(text);
	assert_has(text, "\"pool\":\"(not UTF-8)\",\"uid\":7,\"gid\":1,\"handler\":\"php\"");
	assert_has(text, "\"bytes\":1000,\"created\":");
	assert_has(text, "\"restores\":1,\"cold_ms\":900,\"freeze_ms\":80,\"restore_ms\":40");
	assert_has(text, "\"is_valid\":true,\"problem\":\"\"}]");
	free(text);
	text = list_print(&p->store, 1, &other);
	assert_has(text, "\"is_valid\":false,\"problem\":\"kernel 6.1 -> 6.2\"}]");
	free(text);
	/* to look at it changes nothing */
	assert_true(has_image(p, "si\xffte", 7));
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, image_world_make, image_world_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_WORLD(sweep_run__nothing_wrong__all_stays),
		WITH_WORLD(sweep_run__not_used_for_long__removed),
		WITH_WORLD(sweep_run__too_much__least_recently_used_go),
		WITH_WORLD(sweep_run__user_is_gone__removed),
		WITH_WORLD(sweep_run__broken_one__removed),
		WITH_WORLD(sweep_run__empty_directory_for_long__removed),
		WITH_WORLD(sweep_run__unfinished_ones__only_of_the_dead_are_removed),
		WITH_WORLD(sweep_run__image_in_use__reader_keeps_its_files),
		WITH_WORLD(sweep_reset__by_name__all_of_that_name),
		WITH_WORLD(list_print__good_and_bad__each_with_its_problem),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
