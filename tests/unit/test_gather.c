/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/criu/stamp.h"
#include "tests/support/t.h"

/* A "php.ini" and a directory of further ones, older than the process that has read them. */
struct place {
	char root[64];
	char ini[96];
	char scan[96];
	pid_t pid;
	int said; /* owned: the process has mapped the library, and waits */
};

static void make_file(const char *dir, const char *name)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\n", 2), 2);
	(void)fd_close(fd);
}

static int place_make(void **state)
{
	static struct place p;

	p = (struct place){ .pid = -1 };
	(void)snprintf(p.root, sizeof(p.root), "/tmp/lsapid-gather-XXXXXX");
	assert_non_null(mkdtemp(p.root));
	(void)snprintf(p.ini, sizeof(p.ini), "%s/php.ini", p.root);
	(void)snprintf(p.scan, sizeof(p.scan), "%s/conf.d", p.root);
	make_file(p.root, "php.ini");
	make_file(p.root, "opcache.ini");
	make_file(p.root, "library");
	assert_int_equal(mkdir(p.scan, 0755), 0);
	make_file(p.scan, "10-own.ini");
	*state = &p;
	return 0;
}

static int place_remove(void **state)
{
	const struct place *p = *state;
	char command[96];

	if (p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
		(void)fd_close(p->said);
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a directory of our own */
	assert_int_equal(system(command), 0);
	return 0;
}

static void map_library(const struct place *p, int flags)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/library", p->root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, flags, fd, 0) == MAP_FAILED)
		_exit(1);
	(void)fd_close(fd);
}

/* Changes of files are counted in ticks, as starts are: the next tick but one is later for sure. */
static void wait_for_ticks(void)
{
	const struct timespec ticks = { .tv_nsec = 30000000 };

	(void)nanosleep(&ticks, NULL);
}

static void start(struct place *p, int flags)
{
	int pipes[2];
	char byte;

	wait_for_ticks();
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		map_library(p, flags);
		if (write(pipes[1], "x", 1) == 1)
			(void)pause();
		_exit(0);
	}
	(void)fd_close(pipes[1]);
	p->said = pipes[0];
	assert_int_equal(read(p->said, &byte, 1), 1);
	wait_for_ticks();
}

/* Ends the manifest, so that it can be read. */
static void decode(struct manifest_builder *b, struct manifest *m)
{
	static const struct host host = { .kernel = "k", .cpu = "c", .criu = "v" };
	static const char *const numbers[] = { "uid", "gid", "created_s", "cold_ms", "freeze_ms",
		"bytes" };
	struct why why;

	manifest_put_host(b, &host);
	manifest_put_text(b, "pool", "p");
	manifest_put_text(b, "handler", "h");
	for (size_t i = 0; i < T_COUNT(numbers); i++)
		manifest_put_uint(b, numbers[i], 1);
	assert_int_equal(manifest_end(b), 0);
	assert_int_equal(manifest_decode(b->data, b->used, m, &why), 0);
	b->data = NULL; /* was consumed */
}

static size_t count_of(
	const struct manifest *m, const char *kind, const char *path_end, enum stamp_kind expected)
{
	size_t count = 0;

	for (const char *e = manifest_next(m, kind, NULL); e; e = manifest_next(m, kind, e)) {
		struct stamp st;
		const char *path;
		size_t length, end = strlen(path_end);

		assert_true(stamp_parse(e, &st, &path));
		length = strlen(path);
		if (length >= end && strcmp(path + length - end, path_end) == 0) {
			assert_int_equal(st.kind, expected);
			count++;
		}
	}
	return count;
}

static void gather__what_was_mapped_and_read__is_put(void **state)
{
	struct place *p = *state;
	struct manifest_builder b = { .data = NULL };
	const char *watch[] = { p->ini };
	struct manifest m;
	struct why why = { .text = "" };

	start(p, MAP_PRIVATE);
	manifest_begin(&b);
	if (gather(&b, p->pid, watch, 1, &why) != 0)
		assert_string_equal(why.text, "");
	decode(&b, &m);
	assert_int_equal(count_of(&m, MANIFEST_MAP, "/test_gather", STAMP_FILE), 1);
	assert_int_equal(count_of(&m, MANIFEST_MAP, "/libc.so.6", STAMP_FILE), 1);
	assert_int_equal(count_of(&m, MANIFEST_MAP, "/library", STAMP_FILE), 1);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/php.ini", STAMP_FILE), 1);
	manifest_deinit(&m);
}

static void gather__directory__its_files_and_what_links_lead_to(void **state)
{
	struct place *p = *state;
	struct manifest_builder b = { .data = NULL };
	char missing[128], target[128], link[128];
	const char *watch[] = { p->scan, missing };
	struct manifest m;
	struct why why = { .text = "" };
	struct stat st;

	(void)snprintf(missing, sizeof(missing), "%s/user.ini", p->root);
	(void)snprintf(target, sizeof(target), "%s/opcache.ini", p->root);
	(void)snprintf(link, sizeof(link), "%s/20-opcache.ini", p->scan);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(stat(target, &st), 0);
	(void)snprintf(link, sizeof(link), "%s/30-dangling.ini", p->scan);
	assert_int_equal(symlink("/no-such-file-here", link), 0);
	(void)snprintf(link, sizeof(link), "%s/directory", p->scan);
	assert_int_equal(mkdir(link, 0755), 0);
	start(p, MAP_PRIVATE);
	manifest_begin(&b);
	assert_int_equal(gather(&b, p->pid, watch, 2, &why), 0);
	decode(&b, &m);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/conf.d", STAMP_DIRECTORY), 1);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/conf.d/10-own.ini", STAMP_FILE), 1);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/conf.d/20-opcache.ini", STAMP_FILE), 1);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/conf.d/30-dangling.ini", STAMP_ABSENT), 1);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/conf.d/directory", STAMP_DIRECTORY), 0);
	assert_int_equal(count_of(&m, MANIFEST_WATCH, "/user.ini", STAMP_ABSENT), 1);
	for (const char *e = manifest_next(&m, MANIFEST_WATCH, NULL); e;
		e = manifest_next(&m, MANIFEST_WATCH, e)) {
		struct stamp stamp;
		const char *path;

		assert_true(stamp_parse(e, &stamp, &path));
		if (strstr(path, "20-opcache"))
			assert_true(stamp.inode == st.st_ino);
	}
	manifest_deinit(&m);
}

static void assert_stale(struct place *p, const char *at, const char *what)
{
	const char *watch[] = { p->ini, p->scan };
	struct manifest_builder b = { .data = NULL };
	struct why why = { .text = "" };

	manifest_begin(&b);
	assert_int_equal(gather(&b, p->pid, watch, 2, &why), -ESTALE);
	assert_non_null(strstr(why.text, at));
	assert_non_null(strstr(why.text, what));
	manifest_builder_deinit(&b);
}

static void gather__php_ini_changed_since_the_start__refused(void **state)
{
	struct place *p = *state;

	start(p, MAP_PRIVATE);
	make_file(p->root, "php.ini");
	assert_stale(p, "/php.ini ", "was changed since lsphp has started");
}

static void gather__old_file_moved_into_the_place__refused(void **state)
{
	struct place *p = *state;
	char other[128];

	(void)snprintf(other, sizeof(other), "%s/opcache.ini", p->root);
	start(p, MAP_PRIVATE);
	assert_int_equal(rename(other, p->ini), 0);
	assert_stale(p, "/php.ini ", "was changed since lsphp has started");
}

static void gather__file_came_into_the_directory__refused(void **state)
{
	struct place *p = *state;

	start(p, MAP_PRIVATE);
	make_file(p->scan, "40-new.ini");
	assert_stale(p, "/conf.d", "was changed since lsphp has started");
}

static void gather__library_replaced_since_the_start__refused(void **state)
{
	struct place *p = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/library", p->root);
	start(p, MAP_PRIVATE);
	assert_int_equal(unlink(path), 0);
	assert_stale(p, "/library", "was replaced since lsphp has started");
}

/* As opcache's memory with code of its just-in-time compiler in it. */
static void gather__shared_memory_without_a_file__left_out(void **state)
{
	struct place *p = *state;
	struct manifest_builder b = { .data = NULL };
	struct manifest m;
	struct why why = { .text = "" };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/library", p->root);
	start(p, MAP_SHARED);
	assert_int_equal(unlink(path), 0);
	manifest_begin(&b);
	assert_int_equal(gather(&b, p->pid, NULL, 0, &why), 0);
	decode(&b, &m);
	assert_int_equal(count_of(&m, MANIFEST_MAP, "/library", STAMP_FILE), 0);
	assert_int_equal(count_of(&m, MANIFEST_MAP, "(deleted)", STAMP_FILE), 0);
	manifest_deinit(&m);
}

static void gather__no_such_process_or_path__refused(void **state)
{
	struct place *p = *state;
	const char *watch[] = { "php.ini" };
	struct manifest_builder b = { .data = NULL };
	struct why why = { .text = "" };

	manifest_begin(&b);
	/* above the highest pid that Linux gives */
	assert_int_equal(gather(&b, 4194305, NULL, 0, &why), -ENOENT);
	start(p, MAP_PRIVATE);
	assert_int_equal(gather(&b, p->pid, watch, 1, &why), -EINVAL);
	assert_string_equal(why.text, "php.ini is no absolute path");
	manifest_builder_deinit(&b);
}

static void gather__too_many_files__refused(void **state)
{
	struct place *p = *state;
	const char *watch[] = { p->scan };
	struct manifest_builder b = { .data = NULL };
	struct why why = { .text = "" };
	char name[32];

	for (unsigned i = 0; i < 1024; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		make_file(p->scan, name);
	}
	start(p, MAP_PRIVATE);
	manifest_begin(&b);
	assert_int_equal(gather(&b, p->pid, watch, 1, &why), -E2BIG);
	assert_non_null(strstr(why.text, "/conf.d has too many files"));
	manifest_builder_deinit(&b);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_PLACE(gather__what_was_mapped_and_read__is_put),
		WITH_PLACE(gather__directory__its_files_and_what_links_lead_to),
		WITH_PLACE(gather__php_ini_changed_since_the_start__refused),
		WITH_PLACE(gather__old_file_moved_into_the_place__refused),
		WITH_PLACE(gather__file_came_into_the_directory__refused),
		WITH_PLACE(gather__library_replaced_since_the_start__refused),
		WITH_PLACE(gather__shared_memory_without_a_file__left_out),
		WITH_PLACE(gather__no_such_process_or_path__refused),
		WITH_PLACE(gather__too_many_files__refused),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
