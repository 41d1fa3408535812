/* SPDX-License-Identifier: Apache-2.0 */

/* Writing images, taking them away, and what is left by whom: see test_image.c for finding them. */

#include "daemon/criu/image.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/criu/sweep.h"
#include "tests/support/image_world.h"
#include "tests/support/t.h"

#define WORKERS 6U
#define ROUNDS  20U

static void image_commit__second__takes_the_place_of_the_first(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;
	int shelf;

	image_world_freeze(p, "first");
	image_world_freeze(p, "second");
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_expect(&image, "second");
	image_close(&image);
	shelf = image_world_shelf_fd(p);
	assert_int_equal(faccessat(shelf, "image.1", F_OK, 0), -1);
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), -1);
	(void)fd_close(shelf);
}

static void image_commit__first_is_being_read__stays_readable(void **state)
{
	const struct image_world *p = *state;
	struct image first = IMAGE_NULL, second = IMAGE_NULL;
	struct why why;
	int shelf;

	image_world_freeze(p, "first");
	assert_int_equal(image_world_find(p, &first, &why), 0);
	image_world_freeze(p, "second");
	image_world_expect(&first, "first");
	shelf = image_world_shelf_fd(p);
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), 0);
	assert_int_equal(image_world_find(p, &second, &why), 0);
	image_world_expect(&second, "second");
	image_close(&second);
	/* what its reader does not like is not the second, which has its place */
	image_drop(&first);
	image_close(&first);
	assert_int_equal(image_world_find(p, &second, &why), 0);
	image_world_expect(&second, "second");
	image_close(&second);
	/* nobody reads it any more */
	assert_int_equal(faccessat(shelf, "gone.3", F_OK, 0), -1);
	(void)fd_close(shelf);
}

static void image_close__not_committed__nothing_is_left(void **state)
{
	const struct image_world *p = *state;
	struct manifest_builder b = { .data = NULL };
	struct image image = IMAGE_NULL;
	struct shelf_content content;
	struct shelf shelf;
	struct why why;
	uint64_t bytes;

	assert_int_equal(image_begin(&p->store, &image_world_pool, &image, &why), 0);
	image_world_write_in(image.dir, "pages-1.img", "half");
	image_close(&image);
	/* nor of one that CRIU has not written */
	image_world_describe(p, &b);
	assert_int_equal(image_begin(&p->store, &image_world_pool, &image, &why), 0);
	assert_int_equal(image_commit(&image, &b, &bytes, &why), -ENODATA);
	assert_string_equal(why.text, "image: CRIU has written none: ENODATA");
	image_close(&image);
	manifest_builder_deinit(&b);
	shelf.dir = image_world_shelf_fd(p);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_int_equal(content.newest, 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

static void image_commit__writer_killed__old_one_stays_and_rest_is_removed(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct shelf_content content;
	struct shelf shelf;
	struct why why;
	pid_t pid;

	image_world_freeze(p, "old");
	pid = fork();
	if (pid == 0) {
		if (image_begin(&p->store, &image_world_pool, &image, &why) == 0)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	shelf.dir = image_world_shelf_fd(p);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_true(content.has_more);
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_expect(&image, "old");
	image_close(&image);
	image_world_freeze(p, "new");
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

static void image_commit__two_at_once__the_later_counts(void **state)
{
	const struct image_world *p = *state;
	struct manifest_builder b[2] = { { .data = NULL }, { .data = NULL } };
	struct image image[2] = { IMAGE_NULL, IMAGE_NULL }, found = IMAGE_NULL;
	struct why why;
	uint64_t bytes;

	for (size_t i = 0; i < 2; i++) {
		image_world_describe(p, &b[i]);
		assert_int_equal(image_begin(&p->store, &image_world_pool, &image[i], &why), 0);
		image_world_write_in(image[i].dir, "pages-1.img", i ? "later" : "sooner");
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(image_commit(&image[i], &b[i], &bytes, &why), 0);
		image_close(&image[i]);
		manifest_builder_deinit(&b[i]);
	}
	assert_int_equal(image_world_find(p, &found, &why), 0);
	image_world_expect(&found, "later");
	image_close(&found);
}

/* As if we had been ended between the rename of the new one and that of the old one. */
static void image_commit__ended_after_the_rename__new_one_counts(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct shelf_content content;
	struct shelf shelf;
	struct why why;

	image_world_freeze(p, "old");
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_freeze(p, "new");
	shelf.dir = image_world_shelf_fd(p);
	assert_int_equal(renameat(shelf.dir, "gone.3", shelf.dir, "image.1"), 0);
	image_close(&image);
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_expect(&image, "new");
	image_close(&image);
	image_world_freeze(p, "newest");
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

/* Return: exit status: 0 if all that was found was whole */
static int work(const struct image_world *p, unsigned number)
{
	const struct sweep_limits limits = { .max_bytes = 1, .max_age_s = 1000 };
	struct sweep_result result;
	struct image image = IMAGE_NULL;
	struct why why;
	size_t count;

	for (unsigned i = 0; i < ROUNDS; i++) {
		switch ((number + i) % 4) {
		case 0:
			image_world_freeze(p, "whole");
			break;
		case 1:
			if (number == 1 && sweep_run(&p->store, &limits, &result, &why) < 0)
				return 1;
			break;
		case 2:
			if (number == 2 && sweep_reset(&p->store, NULL, "asked", &count, &why) < 0)
				return 1;
			break;
		default:
			break;
		}
		if (image_world_find(p, &image, &why) != 0) {
			/* there may be none, but never a bad one */
			if (why.text[0])
				return 1;
			continue;
		}
		image_world_expect(&image, "whole");
		image_close(&image);
	}
	return 0;
}

static void image_find__many_at_work__never_a_broken_one(void **state)
{
	const struct image_world *p = *state;
	struct shelf_content content;
	struct shelf shelf;
	pid_t pids[WORKERS];

	for (unsigned i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			/* flock(2) is of open files: each has its own */
			struct image_world own = *p;
			struct why why;
			char path[96];

			log_init("test", LOG_LEVEL_ERROR);
			(void)snprintf(path, sizeof(path), "%s/images", p->root);
			_exit(store_open(path, &own.store, &why) ? 1 : work(&own, i));
		}
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		int status = -1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	/* and all of it has been cleaned away */
	image_world_freeze(p, "last");
	shelf.dir = image_world_shelf_fd(p);
	assert_int_equal(shelf_read(&shelf, &content), 0);
	assert_false(content.has_more);
	shelf_close(&shelf);
}

static void image_used__twice__counted(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct image_usage usage;
	struct why why;

	image_world_freeze(p, "x");
	assert_int_equal(image_world_find(p, &image, &why), 0);
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
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_world_write_in(image.dir, "used", "rubbish");
	image_usage(&image, &usage);
	assert_int_equal(usage.restores, 0);
	image_close(&image);
}

static void image_drop__found__gone(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	image_world_freeze(p, "x");
	assert_int_equal(image_world_find(p, &image, &why), 0);
	image_drop(&image);
	image_close(&image);
	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_NONE);
}

static void image_reset__one_or_none__gone(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	struct why why;

	assert_int_equal(image_reset(&p->store, &image_world_pool, &why), 0);
	image_world_freeze(p, "x");
	assert_int_equal(image_reset(&p->store, &image_world_pool, &why), 0);
	assert_int_equal(image_world_find(p, &image, &why), IMAGE_E_NONE);
	assert_int_equal(image_reset(&p->store, &image_world_pool, &why), 0);
}

static void image_begin__shelf_is_not_ours_alone__refused(void **state)
{
	const struct image_world *p = *state;
	struct image image = IMAGE_NULL;
	char name[STORE_NAME_SIZE];
	struct why why;

	store_shelf_name(&image_world_pool, name);
	assert_int_equal(symlinkat("/tmp", p->store.dir, name), 0);
	assert_true(image_begin(&p->store, &image_world_pool, &image, &why) < 0);
	assert_int_equal(unlinkat(p->store.dir, name, 0), 0);
	assert_int_equal(mkdirat(p->store.dir, name, 0700), 0);
	assert_int_equal(fchmodat(p->store.dir, name, 0770, 0), 0);
	assert_int_equal(image_begin(&p->store, &image_world_pool, &image, &why), -EPERM);
	assert_int_equal(image_world_find(p, &image, &why), -EPERM);
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, image_world_make, image_world_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_WORLD(image_commit__second__takes_the_place_of_the_first),
		WITH_WORLD(image_commit__first_is_being_read__stays_readable),
		WITH_WORLD(image_close__not_committed__nothing_is_left),
		WITH_WORLD(image_commit__writer_killed__old_one_stays_and_rest_is_removed),
		WITH_WORLD(image_commit__two_at_once__the_later_counts),
		WITH_WORLD(image_commit__ended_after_the_rename__new_one_counts),
		WITH_WORLD(image_find__many_at_work__never_a_broken_one),
		WITH_WORLD(image_used__twice__counted),
		WITH_WORLD(image_drop__found__gone),
		WITH_WORLD(image_reset__one_or_none__gone),
		WITH_WORLD(image_begin__shelf_is_not_ours_alone__refused),
	};

	return cmocka_run_group_tests_name("image_write", tests, NULL, NULL);
}
