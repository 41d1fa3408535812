/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/criu/arguments.h"
#include "tests/support/t.h"

#define MAX_WORDS 8

/* execve() gives words that may be changed. */
static int parse(const char *const *words, struct arguments *a, struct why *why)
{
	char *copies[MAX_WORDS] = { NULL };
	int count = 0;
	int r;

	for (; count < MAX_WORDS && words[count]; count++)
		copies[count] = strdup(words[count]);
	r = arguments_parse(count, copies, a, why);
	for (int i = 0; i < count; i++)
		free(copies[i]);
	return r;
}

static void parse__wrong_words__named(void **state)
{
	static const struct {
		const char *name;
		const char *words[MAX_WORDS];
		const char *why;
	} cases[] = {
		{ "nothing", { NULL }, "argument \"op\" is missing" },
		{ "no operation", { "dir=/i" }, "argument \"op\" is missing" },
		{ "unknown operation", { "op=thaw" }, "argument \"op=thaw\": malformed" },
		{ "unknown word", { "op=check", "speed=9" }, "argument \"speed=9\": unknown" },
		{ "no value", { "op=check", "program" }, "argument \"program\": unknown" },
		{ "no key", { "op=check", "=/c" }, "argument \"=/c\": unknown" },
		{ "beginning of a key", { "op=check", "prog=/c" },
			"argument \"prog=/c\": unknown" },
		{ "twice", { "op=reset", "dir=/i", "pool=a", "pool=b" },
			"argument \"pool=b\": twice" },
		{ "two directories of one pool",
			{ "op=restore", "program=/c", "dir=/i", "dir=/j", "pool=p", "uid=5",
				"gid=6" },
			"argument \"dir\" is there twice" },
		{ "no program", { "op=check" }, "argument \"program\" is missing" },
		{ "relative program", { "op=check", "program=criu" },
			"argument \"program=criu\": malformed" },
		{ "empty pool", { "op=reset", "dir=/i", "pool=" },
			"argument \"pool=\": malformed" },
		{ "no directory", { "op=list" }, "argument \"dir\" is missing" },
		{ "root", { "op=restore", "uid=0" }, "argument \"uid=0\": malformed" },
		{ "root's group", { "op=restore", "gid=0" }, "argument \"gid=0\": malformed" },
		{ "the id that is none", { "op=restore", "uid=4294967295" },
			"argument \"uid=4294967295\": malformed" },
		{ "init", { "op=freeze", "pid=1" }, "argument \"pid=1\": malformed" },
		{ "no number", { "op=freeze", "pid=12x" }, "argument \"pid=12x\": malformed" },
		{ "no boolean", { "op=sweep", "debug=2" }, "argument \"debug=2\": malformed" },
		{ "relative watch", { "op=sweep", "watch=php.ini" },
			"argument \"watch=php.ini\": malformed" },
		{ "freeze without pid",
			{ "op=freeze", "program=/c", "dir=/i", "pool=p", "uid=5", "gid=6" },
			"argument \"pid\" is missing" },
		{ "restore without pool",
			{ "op=restore", "program=/c", "dir=/i", "uid=5", "gid=6" },
			"argument \"pool\" is missing" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct arguments a = { .op = ARGUMENTS_SWEEP };
		struct why why = { "" };

		T_ASSERT_ROW(cases[i].name, parse(cases[i].words, &a, &why) == 1);
		T_ASSERT_ROW(cases[i].name, strcmp(why.text, cases[i].why) == 0);
		T_ASSERT_ROW(cases[i].name, a.op == ARGUMENTS_SWEEP);
	}
}

static void parse__least_of_each__enough(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		enum arguments_op op;
	} cases[] = {
		{ { "op=check", "program=/c" }, ARGUMENTS_CHECK },
		{ { "op=freeze", "program=/c", "dir=/i", "pool=p", "uid=5", "gid=6", "pid=7" },
			ARGUMENTS_FREEZE },
		{ { "dir=/i", "op=list" }, ARGUMENTS_LIST },
		{ { "op=reset", "dir=/i" }, ARGUMENTS_RESET },
		{ { "op=restore", "program=/c", "dir=/i", "pool=p", "uid=5", "gid=6" },
			ARGUMENTS_RESTORE },
		{ { "op=sweep", "dir=/i", "dir=/j" }, ARGUMENTS_SWEEP },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct arguments a;
		struct why why = { "" };

		T_ASSERT_ROW(cases[i].words[0], parse(cases[i].words, &a, &why) == 0);
		T_ASSERT_ROW(cases[i].words[0], a.op == cases[i].op);
	}
}

static void parse__freeze__all_values(void **state)
{
	static char words[][40] = { "op=freeze", "program=/c", "dir=/i", "pool=a=b", "uid=5",
		"gid=6", "pid=7", "home=/home/x", "server=x.test", "limit_ms=8", "debug=1",
		"max_bytes=18446744073709551615", "max_age_s=9", "cold_ms=10", "watch=/etc/a",
		"watch=/etc/b" };
	char *argv[T_COUNT(words)];
	struct arguments a;
	struct why why = { "" };

	(void)state;
	for (size_t i = 0; i < T_COUNT(words); i++)
		argv[i] = words[i];
	assert_int_equal(arguments_parse((int)T_COUNT(words), argv, &a, &why), 0);
	assert_string_equal(a.program, "/c");
	assert_int_equal(a.dir_count, 1);
	assert_string_equal(a.dir[0], "/i");
	assert_string_equal(a.pool, "a=b");
	assert_string_equal(a.home, "/home/x");
	assert_string_equal(a.server, "x.test");
	assert_int_equal(a.uid, 5);
	assert_int_equal(a.gid, 6);
	assert_int_equal(a.pid, 7);
	assert_int_equal(a.limit_ms, 8);
	assert_int_equal(a.is_debug, 1);
	assert_true(a.max_bytes == UINT64_MAX);
	assert_int_equal(a.max_age_s, 9);
	assert_int_equal(a.cold_ms, 10);
	assert_int_equal(a.watch_count, 2);
	assert_string_equal(a.watch[0], "/etc/a");
	assert_string_equal(a.watch[1], "/etc/b");
}

static void parse__too_many_watches__refused(void **state)
{
	static char word[ARGUMENTS_MAX_WATCH + 3][16] = { "op=sweep", "dir=/i" };
	char *argv[ARGUMENTS_MAX_WATCH + 3];
	struct arguments a;
	struct why why = { "" };
	int count = (int)T_COUNT(argv);

	(void)state;
	for (int i = 0; i < count; i++) {
		if (i >= 2)
			(void)snprintf(word[i], sizeof(word[i]), "watch=/%d", i);
		argv[i] = word[i];
	}
	assert_int_equal(arguments_parse(count - 1, argv, &a, &why), 0);
	assert_int_equal(a.watch_count, ARGUMENTS_MAX_WATCH);
	assert_int_equal(arguments_parse(count, argv, &a, &why), 1);
	assert_string_equal(why.text, "argument \"watch=/258\": malformed");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__wrong_words__named),
		cmocka_unit_test(parse__least_of_each__enough),
		cmocka_unit_test(parse__freeze__all_values),
		cmocka_unit_test(parse__too_many_watches__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
