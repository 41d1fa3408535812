/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/manager/watch_dirs.h"
#include "tests/support/t.h"

struct place {
	char dir[64];
	char path[2][128]; /* what is watched */
	struct watch_dirs w;
	unsigned failures;
	char failed[256];
};

static void run(struct place *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A shell command in the directory. */
static void run(struct place *p, const char *format, ...)
{
	char words[512], command[640];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	(void)snprintf(command, sizeof(command), "cd '%s' && %s", p->dir, words);
	/* NOLINTNEXTLINE(cert-env33-c): the shell says shortest what is to happen */
	assert_int_equal(system(command), 0);
}

static void on_failure(void *context, const char *path, int error)
{
	struct place *p = context;

	p->failures++;
	(void)snprintf(p->failed, sizeof(p->failed), "%s %d", path, error);
}

static void look(struct place *p)
{
	watch_dirs_begin(&p->w);
	for (size_t i = 0; i < T_COUNT(p->path); i++)
		assert_int_equal(watch_dirs_add(&p->w, p->path[i]), 0);
	watch_dirs_end(&p->w, on_failure, p);
}

/* Did something happen that counts? Events of one process are there at once. */
static bool has_happened(struct place *p)
{
	struct pollfd pfd = { .fd = p->w.fd, .events = POLLIN };
	bool is_any = false;

	while (poll(&pfd, 1, 0) > 0)
		is_any = watch_dirs_read(&p->w) || is_any;
	return is_any;
}

/* ... and then everything is watched as it is now. */
static bool is_noticed(struct place *p, const char *command)
{
	bool is_any;

	run(p, "%s", command);
	is_any = has_happened(p);
	look(p);
	(void)has_happened(p); /* of what was left */
	return is_any;
}

static int set_up(void **state)
{
	static struct place p;

	p = (struct place){ .failures = 0 };
	(void)snprintf(p.dir, sizeof(p.dir), "/tmp/watch-dirs-XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	(void)snprintf(p.path[0], sizeof(p.path[0]), "%s/etc/php/php.ini", p.dir);
	(void)snprintf(p.path[1], sizeof(p.path[1]), "%s/etc/php/conf.d", p.dir);
	run(&p, "mkdir -p etc/php/conf.d etc/php/mods other; echo a > etc/php/php.ini;"
		"echo m > etc/php/mods/m.ini; ln -s ../mods/m.ini etc/php/conf.d/10-m.ini");
	assert_true(watch_dirs_open(&p.w) >= 0);
	look(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	watch_dirs_close(&p->w);
	assert_int_equal(p->w.fd, -1);
	run(p, "rm -r '%s'", p->dir);
	return 0;
}

static void read__what_changes_a_file__noticed(void **state)
{
	static const char *const commands[] = {
		"echo b > etc/php/php.ini",
		"touch etc/php/php.ini",
		"chmod 600 etc/php/php.ini",
		"echo c > etc/php/new; mv etc/php/new etc/php/php.ini",
		"rm etc/php/php.ini",
		"echo d > etc/php/php.ini",
		"echo e > etc/php/conf.d/20-e.ini",
		"rm etc/php/conf.d/20-e.ini",
		"echo f > etc/php/mods/m.ini",
		"echo g > etc/php/mods/new; mv etc/php/mods/new etc/php/mods/m.ini",
	};
	struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(commands); i++)
		T_ASSERT_ROW(commands[i], is_noticed(p, commands[i]));
	assert_int_equal(p->failures, 0);
}

static void read__what_changes_no_file__not_noticed(void **state)
{
	static const char *const commands[] = {
		"true",
		"cat etc/php/php.ini etc/php/conf.d/* > /dev/null; ls -l etc/php > /dev/null",
		"echo a > other/file; mkdir other/dir; rm -r other/dir",
		"echo a > etc/other; rm etc/other",
		"echo a > etc/php/other.ini; rm etc/php/other.ini",
		"echo a > etc/php/mods/other.ini",
		"echo a > etc/php/conf.d/.10-m.ini.swp; rm etc/php/conf.d/.10-m.ini.swp",
	};
	struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(commands); i++)
		T_ASSERT_ROW(commands[i], !is_noticed(p, commands[i]));
}

static void read__directories_go_and_come__noticed_each_time(void **state)
{
	static const char *const commands[] = {
		"mv etc/php/conf.d etc/php/old",
		"mkdir etc/php/conf.d",
		"echo a > etc/php/conf.d/a.ini",
		"mv etc/php etc/away; mkdir -p etc/php/conf.d",
		"echo a > etc/php/php.ini",
		"rm -r etc",
		"mkdir etc",
		"mkdir etc/php",
		"mkdir etc/php/conf.d",
		"echo b > etc/php/conf.d/b.ini",
		"mkdir -p v2/php/conf.d; mv etc v1; ln -s v2 etc",
		"echo c > v2/php/php.ini",
		"ln -sfn v1 etc",
		"echo d > v1/php/conf.d/b.ini",
	};
	struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(commands); i++)
		T_ASSERT_ROW(commands[i], is_noticed(p, commands[i]));
	/* what the link does not lead to any more */
	assert_false(is_noticed(p, "echo e > v2/php/php.ini"));
	assert_int_equal(p->failures, 0);
}

/* What was lost may have been something that counts. The kernel would have to be fed for long. */
static void read__events_were_lost__noticed(void **state)
{
	const struct inotify_event lost = { .wd = -1, .mask = IN_Q_OVERFLOW };
	struct place *p = *state;
	int real = p->w.fd;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	p->w.fd = fd[0];
	assert_int_equal(write(fd[1], &lost, sizeof(lost)), (ssize_t)sizeof(lost));
	assert_true(watch_dirs_read(&p->w));
	p->w.fd = real;
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void end__links_in_a_circle__no_end_of_us(void **state)
{
	struct place *p = *state;

	run(p, "rm -r etc; ln -s b etc; ln -s etc b");
	look(p);
	(void)has_happened(p);
	assert_true(is_noticed(p, "rm etc; mkdir etc"));
}

static void end__directory_closed_to_us__told_once(void **state)
{
	struct place *p = *state;
	char wanted[256];

	if (geteuid() == 0)
		skip(); /* root may look everywhere */
	/* another one: a directory that is watched already stays so when it is closed */
	run(p, "mv etc/php etc/was && mkdir -m 0 etc/php");
	(void)has_happened(p);
	look(p);
	look(p);
	(void)snprintf(wanted, sizeof(wanted), "%s/etc/php %d", p->dir, EACCES);
	run(p, "chmod 755 etc/php");
	assert_int_equal(p->failures, 1);
	assert_string_equal(p->failed, wanted);
}

static void end__nothing_wanted__nothing_watched(void **state)
{
	struct place *p = *state;

	assert_true(watch_dirs_count(&p->w) >= 6);
	watch_dirs_begin(&p->w);
	watch_dirs_end(&p->w, on_failure, p);
	assert_int_equal(watch_dirs_count(&p->w), 0);
	run(p, "echo z > etc/php/php.ini");
	assert_false(has_happened(p));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(read__what_changes_a_file__noticed),
		CASE(read__what_changes_no_file__not_noticed),
		CASE(read__directories_go_and_come__noticed_each_time),
		CASE(read__events_were_lost__noticed),
		CASE(end__links_in_a_circle__no_end_of_us),
		CASE(end__directory_closed_to_us__told_once),
		CASE(end__nothing_wanted__nothing_watched),
	};

	return cmocka_run_group_tests_name("watch_dirs", tests, NULL, NULL);
}
