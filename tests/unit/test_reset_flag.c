/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/reset_flag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/errand.h"
#include "tests/support/image_world.h"
#include "tests/support/t.h"

#define OTHER 12345U

/* A home beside a store, in a directory that everybody may enter. */
struct place {
	struct image_world *world;
	char home[96];
	char flag[160];
	struct reset_flag_user who;
};

static int place_make(void **state)
{
	static struct place p;
	void *world;

	assert_int_equal(image_world_make(&world), 0);
	p = (struct place){ .world = world };
	assert_int_equal(chmod(p.world->root, 0755), 0);
	(void)snprintf(p.home, sizeof(p.home), "%s/home", p.world->root);
	assert_int_equal(mkdir(p.home, 0700), 0);
	(void)snprintf(p.flag, sizeof(p.flag), "%s/mod_lsapi_reset_me_criu.test.com", p.home);
	p.who = (struct reset_flag_user){
		.home = p.home, .server = "criu.test.com", .uid = geteuid(), .gid = getegid()
	};
	if (geteuid() == 0) {
		p.who.uid = OTHER;
		p.who.gid = OTHER;
		assert_int_equal(chown(p.home, OTHER, OTHER), 0);
	}
	*state = &p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;
	void *world = p->world;

	return image_world_remove(&world);
}

static void touch(const char *path, uid_t uid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, uid, (gid_t)-1), 0);
	(void)fd_close(fd);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Long enough for a machine that is busy with other things. */
static enum reset_flag look(const struct place *p, struct why *why)
{
	*why = (struct why){ .text = "" };
	return reset_flag_user(&p->who, 60000, why);
}

static void reset_flag_user__his_own_file__found_and_removed(void **state)
{
	const struct place *p = *state;
	struct why why;

	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	touch(p->flag, p->who.uid);
	assert_int_equal(look(p, &why), RESET_FLAG_FOUND);
	assert_string_equal(why.text, "");
	assert_false(is_there(p->flag));
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
}

static void reset_flag_user__no_file_of_his__no_flag(void **state)
{
	const struct place *p = *state;
	char real[128];
	struct why why;

	(void)snprintf(real, sizeof(real), "%s/real", p->home);
	touch(real, p->who.uid);
	assert_int_equal(symlink(real, p->flag), 0);
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	assert_true(is_there(p->flag));
	assert_true(is_there(real));
	assert_int_equal(unlink(p->flag), 0);
	assert_int_equal(mkdir(p->flag, 0700), 0);
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	assert_int_equal(rmdir(p->flag), 0);
	assert_int_equal(mkfifo(p->flag, 0600), 0);
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	assert_int_equal(unlink(p->flag), 0);
	if (geteuid() == 0) {
		touch(p->flag, 0);
		assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
		assert_true(is_there(p->flag));
	}
}

/* As that user, not as root: a home that he may not enter is closed. */
static void reset_flag_user__closed_home__told(void **state)
{
	struct place *p = *state;
	struct why why;

	if (geteuid() != 0)
		skip(); /* only root becomes another */
	touch(p->flag, p->who.uid);
	assert_int_equal(chown(p->home, 0, 0), 0);
	assert_int_equal(look(p, &why), RESET_FLAG_E_OTHER);
	assert_non_null(strstr(why.text, "cannot be looked for as its user"));
	assert_true(is_there(p->flag));
	/* he may look, but not remove */
	assert_int_equal(chmod(p->home, 0755), 0);
	assert_int_equal(look(p, &why), RESET_FLAG_STAYS);
	assert_non_null(strstr(why.text, "cannot be removed by its user"));
	assert_true(is_there(p->flag));
	p->who.home = "/no-such-home-here";
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
}

static void reset_flag_user__no_name_of_a_server__no_flag(void **state)
{
	struct place *p = *state;
	char longest[300], path[500];
	struct why why;

	/* it would be home/mod_lsapi_reset_me_x/../real */
	(void)snprintf(path, sizeof(path), "%s/mod_lsapi_reset_me_x", p->home);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/real", p->home);
	touch(path, p->who.uid);
	p->who.server = "x/../real";
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	assert_true(is_there(path));
	(void)snprintf(path, sizeof(path), "%s/mod_lsapi_reset_me_", p->home);
	touch(path, p->who.uid);
	p->who.server = "";
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	assert_true(is_there(path));
	/* the longest name that a file can have, and one more */
	memset(longest, 'x', sizeof(longest));
	longest[255 - strlen(RESET_FLAG_USER)] = '\0';
	p->who.server = longest;
	(void)snprintf(path, sizeof(path), "%s/" RESET_FLAG_USER "%s", p->home, longest);
	touch(path, p->who.uid);
	assert_int_equal(look(p, &why), RESET_FLAG_FOUND);
	longest[255 - strlen(RESET_FLAG_USER)] = 'x';
	longest[256 - strlen(RESET_FLAG_USER)] = '\0';
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
	p->who.home = "relative";
	assert_int_equal(look(p, &why), RESET_FLAG_ABSENT);
}

static enum reset_flag look_global(const struct place *p, const char *path, struct why *why)
{
	size_t count;

	return reset_flag_global(&p->world->store, path, &count, why);
}

static void reset_flag_global__regular_file__all_images_and_the_flag_go(void **state)
{
	const struct place *p = *state;
	struct image image = IMAGE_NULL;
	struct why why = { .text = "" };
	size_t count = 7;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/lsphp.criu.reset", p->home);
	image_world_freeze(p->world, "first");
	assert_int_equal(look_global(p, path, &why), RESET_FLAG_ABSENT);
	assert_int_equal(image_world_find(p->world, &image, &why), 0);
	image_close(&image);
	touch(path, p->who.uid);
	assert_int_equal(reset_flag_global(&p->world->store, path, &count, &why), RESET_FLAG_FOUND);
	assert_int_equal(count, 1);
	assert_int_equal(image_world_find(p->world, &image, &why), IMAGE_E_NONE);
	assert_false(is_there(path));
}

/* The directory is httpd's. */
static void reset_flag_global__links_in_it_and_to_it__no_flag(void **state)
{
	const struct place *p = *state;
	char path[128], link[128];
	struct why why = { .text = "" };

	(void)snprintf(path, sizeof(path), "%s/lsphp.criu.reset", p->home);
	touch(p->flag, p->who.uid);
	assert_int_equal(symlink(p->flag, path), 0);
	assert_int_equal(look_global(p, path, &why), RESET_FLAG_ABSENT);
	assert_int_equal(unlink(path), 0);
	touch(path, p->who.uid);
	(void)snprintf(link, sizeof(link), "%s/link", p->world->root);
	assert_int_equal(symlink(p->home, link), 0);
	(void)snprintf(link, sizeof(link), "%s/link/lsphp.criu.reset", p->world->root);
	assert_int_equal(look_global(p, link, &why), RESET_FLAG_E_OTHER);
	assert_non_null(strstr(why.text, "ELOOP"));
	assert_true(is_there(path));
	assert_int_equal(look_global(p, "/no-such-place/flag", &why), RESET_FLAG_ABSENT);
}

static int wait_for_ever(const void *arg)
{
	(void)arg;
	while (pause() < 0)
		continue;
	return 0;
}

static int return_arg(const void *arg)
{
	return *(const int *)arg;
}

static int abort_now(const void *arg)
{
	(void)arg;
	_exit(raise(9));
}

static void errand_run__what_comes_back__is_told(void **state)
{
	const int status = 42;

	(void)state;
	assert_int_equal(errand_run(return_arg, &status, 60000), 42);
	assert_int_equal(errand_run(abort_now, NULL, 60000), -ECHILD);
	assert_int_equal(errand_run(wait_for_ever, NULL, 1), -ETIMEDOUT);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_PLACE(reset_flag_user__his_own_file__found_and_removed),
		WITH_PLACE(reset_flag_user__no_file_of_his__no_flag),
		WITH_PLACE(reset_flag_user__closed_home__told),
		WITH_PLACE(reset_flag_user__no_name_of_a_server__no_flag),
		WITH_PLACE(reset_flag_global__regular_file__all_images_and_the_flag_go),
		WITH_PLACE(reset_flag_global__links_in_it_and_to_it__no_flag),
		cmocka_unit_test(errand_run__what_comes_back__is_told),
	};

	return cmocka_run_group_tests_name("reset_flag", tests, NULL, NULL);
}
