/* SPDX-License-Identifier: Apache-2.0 */

/* Pool files on the disk: which are taken, who they speak of, what is said of broken ones. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/config/config.h"
#include "tests/support/t.h"

struct place {
	char dir[64];
	char file[96];
	char pools[96];
	struct config *config;
	struct config_bundle bundle;
	struct config_problems problems;
};

static void place_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static const char *pool_path(const struct place *p, const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", p->pools, name);
	return path;
}

static void write_pool(const struct place *p, const char *name, const char *text)
{
	place_write(pool_path(p, name), text);
}

static int place_make(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char text[256];

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/lsapid-pools-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/lsapid.conf", p->dir);
	(void)snprintf(p->pools, sizeof(p->pools), "%s/pools.d", p->dir);
	assert_int_equal(mkdir(p->pools, 0755), 0);
	(void)snprintf(text, sizeof(text), "pools_dir = \"%s\"\nhandler \"php\" { }\n", p->pools);
	place_write(p->file, text);
	*state = p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;
	char command[128];

	config_free(p->config);
	free(p->bundle.data);
	config_problems_deinit(&p->problems);
	(void)snprintf(command, sizeof(command), "rm -r %s", p->dir);
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a directory of our own */
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

/* As the supervisor reads; what the manager makes of it has to be the same. */
static int place_load(struct place *p)
{
	struct config_bundle last = p->bundle;
	struct config_problem problem = { .line = 0 };
	struct config *parsed = NULL;
	int r;

	config_problems_deinit(&p->problems);
	p->config = config_free(p->config);
	r = config_read(p->file, &last, &p->config, &p->bundle, &p->problems);
	if (r)
		return r;
	free(last.data);
	assert_int_equal(config_parse(p->bundle.data, p->bundle.size, &parsed, &problem), 0);
	assert_int_equal(parsed->pool_count, p->config->pool_count);
	assert_int_equal(parsed->problems.count, p->config->problems.count);
	config_free(p->config);
	p->config = parsed;
	return 0;
}

static const char *found(const struct place *p, uid_t uid, const char *user, const char *vhost)
{
	const struct config_pool *pool = config_find_pool(p->config, uid, user, vhost);

	return pool ? pool->name : "";
}

static void config_find_pool__names_and_patterns__the_closest_one(void **state)
{
	static const struct {
		uid_t uid;
		const char *user, *vhost, *expected;
	} rows[] = {
		{ 1001, "bob", "a.example.org", "exact" },
		{ 1001, "bob", "A.Example.ORG", "exact" },
		{ 1001, "bob", "b.example.org", "wild" },
		{ 1001, "bob", "x.deep.example.org", "deep" },
		{ 1001, "bob", "x.y.deep.example.org", "deep" },
		{ 1001, "bob", "example.org", "all" },
		{ 1001, "bob", "other.test", "all" },
		{ 1001, "bob", NULL, "all" },
		{ 1002, "carol", "a.example.org", "" },
		{ 1003, "dave", "x.test", "number" },
		{ 1003, NULL, "x.test", "number" },
		{ 1004, "eve", "only.test", "only" },
		{ 1004, "eve", "else.test", "" },
		{ 1004, NULL, "only.test", "" },
	};
	struct place *p = *state;

	write_pool(p, "1.conf", "pool exact { user = bob vhosts = { \"a.Example.org\" } }\n");
	write_pool(p, "2.conf",
		"pool wild { user = bob vhosts = { \"*.example.org\" } }\n"
		"pool deep { user = bob vhosts = { \"z.test\", \"*.deep.example.org\" } }\n");
	write_pool(p, "3.conf", "pool all { user = bob }\n");
	write_pool(p, "4.conf", "pool number { user = 1003 }\n");
	write_pool(p, "5.conf", "pool only { user = eve vhosts = { only.test } }\n");
	write_pool(p, "no.conf.bak", "this is not read\n");
	write_pool(p, ".hidden.conf", "this neither\n");
	assert_int_equal(place_load(p), 0);
	assert_int_equal(p->config->problems.count, 0);
	assert_int_equal(p->config->pool_file_count, 5);
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_string_equal(
			found(p, rows[i].uid, rows[i].user, rows[i].vhost), rows[i].expected);
}

static void config_read__broken_pool_file__told_with_line_and_left_out(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *what;
	} rows[] = {
		{ "pool a {\n user = x\n colour = red\n}\n", 3, "colour" },
		{ "pool a {\n children = 5\n}\n", 3, "no user" },
		{ "pool a {\n user = x\n children = 1\n}\n", 3, "not within 2 to 10000" },
		{ "pool a {\n user = x\n children_max = 10001\n}\n", 3, "not within" },
		{ "pool a {\n user = x\n max_idle = soon\n}\n", 3, "duration" },
		{ "pool a {\n user = x\n pgrp_max_idle = 8d\n}\n", 3, "not within" },
		{ "pool a {\n user = x\n max_reqs = 0\n}\n", 3, "not within" },
		{ "pool a {\n user = x\n max_process_time = 0\n}\n", 3, "not within" },
		{ "pool a {\n user = x\n coredump = maybe\n}\n", 3, "on or off" },
		{ "pool a {\n user = x\n phprc = etc\n}\n", 3, "absolute path" },
		{ "pool a {\n user = x\n handler = perl\n}\n", 3, "not in lsapid.conf" },
		{ "pool a {\n user = x\n vhosts = { ok.test,\n \"a*b.test\" }\n}\n", 4, "vhosts" },
		{ "pool a {\n user = x\n env = { \"LSAPI_CHILDREN=9\" }\n}\n", 3, "cannot set" },
		{ "pool a {\n user = x\n env = { \"A\" }\n}\n", 3, "NAME=value" },
		{ "pool \"a b\" {\n user = x\n}\n", 3, "name" },
		{ "pool a {\n user = x\n}\npool b {\n user = x\n}\n", 5, "is that of" },
		{ "pool a {\n user = good\n}\n", 2, "0-good.conf:1" },
		{ "user = x\n", 1, "user" },
		{ "pool a {\n user = x\n", 3, "no end" },
		{ "pool a {\n user = \"${USER}\"\n}\n", 2, "environment" },
	};
	struct place *p = *state;

	write_pool(p, "0-good.conf", "pool good { user = good }\n");
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct config_problem *problem;

		free(p->bundle.data);
		p->bundle = (struct config_bundle){ .data = NULL };
		write_pool(p, "bad.conf", rows[i].text);
		assert_int_equal(place_load(p), 0);
		T_ASSERT_ROW(rows[i].text, p->config->problems.count == 1);
		problem = &p->config->problems.item[0];
		T_ASSERT_ROW(rows[i].text, strstr(problem->what, rows[i].what) != NULL);
		T_ASSERT_ROW(rows[i].text, problem->line == rows[i].line);
		assert_string_equal(problem->file, pool_path(p, "bad.conf"));
		assert_true(problem->remedy[0] && !problem->is_kept);
		assert_int_equal(p->config->pool_count, 1);
		assert_string_equal(found(p, 1, "good", NULL), "good");
		assert_string_equal(found(p, 1, "x", NULL), "");
	}
}

static void config_read__several_mistakes__all_told(void **state)
{
	struct place *p = *state;

	write_pool(p, "a.conf", "pool a {\n user = x\n children = 1\n max_idle = z\n}\n");
	write_pool(p, "b.conf", "pool b {\n max_reqs = 0\n}\n");
	assert_int_equal(place_load(p), 0);
	assert_int_equal(p->config->problems.count, 4);
	assert_int_equal(p->config->problems.item[0].line, 3);
	assert_int_equal(p->config->problems.item[1].line, 4);
	assert_int_equal(p->config->problems.item[2].line, 2);
	assert_non_null(strstr(p->config->problems.item[3].what, "no user"));
	place_write(p->file, "uid_min = 0\nlog_level = loud\n");
	assert_int_equal(place_load(p), 1);
	assert_int_equal(p->problems.count, 2);
	assert_int_equal(p->problems.item[1].line, 2);
}

static void config_read__broken_at_reload__last_good_version_goes_on(void **state)
{
	struct place *p = *state;

	write_pool(p, "a.conf", "pool a { user = x children = 7 }\n");
	write_pool(p, "b.conf", "pool b { user = y }\n");
	assert_int_equal(place_load(p), 0);
	write_pool(p, "a.conf", "pool a { user = x children = many }\n");
	write_pool(p, "b.conf", "pool b { user = y children = 9 }\n");
	/* twice: what is kept now has to be there for the time after */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(place_load(p), 0);
		assert_int_equal(p->config->problems.count, 1);
		assert_true(p->config->problems.item[0].is_kept);
		assert_string_equal(
			config_find_pool(p->config, 1, "x", NULL)->entries[0].value, "7");
		assert_string_equal(
			config_find_pool(p->config, 1, "y", NULL)->entries[0].value, "9");
	}
	/* another file has taken over the user: the kept version cannot come back */
	write_pool(p, "0.conf", "pool zero { user = x }\n");
	assert_int_equal(place_load(p), 0);
	assert_false(p->config->problems.item[0].is_kept);
	assert_string_equal(found(p, 1, "x", NULL), "zero");
	assert_int_equal(unlink(pool_path(p, "a.conf")), 0);
	assert_int_equal(place_load(p), 0);
	assert_int_equal(p->config->problems.count, 0);
}

static void config_read__unsafe_files__refused(void **state)
{
	struct place *p = *state;

	write_pool(p, "group.conf", "pool a { user = x }\n");
	assert_int_equal(chmod(pool_path(p, "group.conf"), 0664), 0);
	assert_int_equal(symlink("/etc/passwd", pool_path(p, "link.conf")), 0);
	assert_int_equal(mkfifo(pool_path(p, "pipe.conf"), 0644), 0);
	if (geteuid() == 0) {
		write_pool(p, "theirs.conf", "pool b { user = y }\n");
		assert_int_equal(chown(pool_path(p, "theirs.conf"), 12345, 0), 0);
	}
	assert_int_equal(place_load(p), 0);
	assert_int_equal(p->config->pool_count, 0);
	assert_int_equal(p->config->problems.count, geteuid() == 0 ? 4 : 3);
	assert_non_null(strstr(p->config->problems.item[0].what, "writable"));
	assert_non_null(strstr(p->config->problems.item[1].what, "symbolic link"));
	assert_non_null(strstr(p->config->problems.item[2].what, "wrong kind"));
	/* who may write to the directory may write each file */
	assert_int_equal(chmod(p->pools, 0777), 0);
	assert_int_equal(place_load(p), 1);
	assert_non_null(strstr(p->problems.item[0].what, "writable"));
}

static void config_read__ten_thousand_files__each_is_found(void **state)
{
	struct place *p = *state;
	struct timespec a, b;
	struct config_problem problem;
	struct config *parsed = NULL;
	double parse_s;

	for (unsigned i = 0; i < 10000; i++) {
		char name[32], text[256];

		(void)snprintf(name, sizeof(name), "u%u.conf", i);
		(void)snprintf(text, sizeof(text),
			"# site of user %u\npool \"site%u\" {\n\tuser = u%u\n\tchildren = %u\n"
			"\tvhosts = { \"www.s%u.test\", \"*.s%u.test\" }\n\tenv = { \"A=%u\" }\n}\n",
			i, i, i, 2 + i % 100, i, i, i);
		write_pool(p, name, text);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(place_load(p), 0);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	assert_int_equal(p->config->pool_count, 10000);
	assert_string_equal(found(p, 1, "u9999", "x.s9999.test"), "site9999");
	print_message("read and parsed: %.3f s\n",
		(double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	assert_int_equal(config_parse(p->bundle.data, p->bundle.size, &parsed, &problem), 0);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	parse_s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	print_message("the manager's part: %.3f s\n", parse_s);
	config_free(parsed);
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(config_find_pool__names_and_patterns__the_closest_one),
		WITH_PLACE(config_read__broken_pool_file__told_with_line_and_left_out),
		WITH_PLACE(config_read__several_mistakes__all_told),
		WITH_PLACE(config_read__broken_at_reload__last_good_version_goes_on),
		WITH_PLACE(config_read__unsafe_files__refused),
		WITH_PLACE(config_read__ten_thousand_files__each_is_found),
	};

	return cmocka_run_group_tests_name("config_pools", tests, NULL, NULL);
}
