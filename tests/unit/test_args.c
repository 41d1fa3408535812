/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/args.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/t.h"

#define MOST_WORDS 16

enum {
	USER,
	WATCH,
	MODE,
	VERBOSE
};
enum {
	SOCKET,
	JSON
};

static const struct args_option own[] = {
	[USER] = { "user", 'u', "USER", "" },
	[WATCH] = { "watch", 'w', "[SECONDS]", "" },
	[MODE] = { "mode", 0, "fast|slow", "" },
	[VERBOSE] = { "verbose", 's', NULL, "" },
	{ NULL, 0, NULL, NULL },
};

static const struct args_option global[] = {
	[SOCKET] = { "socket", 's', "PATH", "" },
	[JSON] = { "json", 'j', NULL, "" },
	{ NULL, 0, NULL, NULL },
};

struct parsed {
	struct args own, global;
	char why[ARGS_WHY_SIZE];
	bool is_right;
	char *word[MOST_WORDS];
	char space[256];
};

/* getopt may sort the words, and none of them is to be changed. */
static struct parsed parse(const char *line, bool is_prefix)
{
	static struct parsed p; /* what it says points into it */
	const struct args_table o = { .options = own, .args = &p.own };
	const struct args_table g = { .options = global, .args = &p.global };
	char *rest = NULL;
	int count = 0;

	memset(&p, 0, sizeof(p));
	(void)snprintf(p.space, sizeof(p.space), "%s", line);
	for (char *w = strtok_r(p.space, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		p.word[count++] = w;
	p.is_right = args_parse(count, p.word, &o, &g, is_prefix, p.why);
	return p;
}

static void parse__options_anywhere__all_found(void **state)
{
	struct parsed p = parse("ps a -u alice b --json --watch=5 --mode slow", false);

	(void)state;
	assert_true(p.is_right);
	assert_string_equal(args_text(&p.own, USER, "?"), "alice");
	assert_string_equal(args_text(&p.own, WATCH, "?"), "5");
	assert_string_equal(args_text(&p.own, MODE, "?"), "slow");
	assert_string_equal(args_text(&p.global, SOCKET, "missing"), "missing");
	assert_true(args_has(&p.global, JSON));
	assert_false(args_has(&p.own, VERBOSE));
	assert_int_equal(p.own.operand_count, 2);
	assert_string_equal(args_operand(&p.own, 0), "a");
	assert_string_equal(args_operand(&p.own, 1), "b");
	assert_null(args_operand(&p.own, 2));
}

static void parse__prefix__ends_at_the_first_word(void **state)
{
	struct parsed p = parse("ctl -j criu --all", true);

	(void)state;
	assert_true(p.is_right);
	assert_true(args_has(&p.global, JSON));
	assert_int_equal(p.own.operand_count, 2);
	assert_string_equal(args_operand(&p.own, 0), "criu");
}

static void parse__letter_of_both__is_the_commands(void **state)
{
	struct parsed p = parse("ps -s", false);

	(void)state;
	assert_true(p.is_right);
	assert_true(args_has(&p.own, VERBOSE));
	assert_false(args_has(&p.global, SOCKET));
}

static void parse__argument_that_may_be_missing__empty(void **state)
{
	struct parsed p = parse("ps --watch 5", false);

	(void)state;
	assert_true(p.is_right);
	assert_string_equal(args_text(&p.own, WATCH, "?"), "");
	assert_string_equal(args_operand(&p.own, 0), "5");
}

static void parse__wrong__says_what(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "ps --nothing", "no such option: --nothing" },
		{ "ps -x", "no such option: -x" },
		{ "ps --user", "--user needs USER" },
		{ "ps --json=yes", "--json takes no argument" },
		{ "ps --mode medium", "--mode: \"medium\" is none of fast|slow" },
		{ "ps --mode fas", "--mode: \"fas\" is none of fast|slow" },
		{ "ps --mode fast|slow", "--mode: \"fast|slow\" is none of fast|slow" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct parsed p = parse(rows[i].line, false);

		T_ASSERT_ROW(rows[i].line, !p.is_right);
		T_ASSERT_ROW(p.why, strcmp(p.why, rows[i].why) == 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__options_anywhere__all_found),
		cmocka_unit_test(parse__prefix__ends_at_the_first_word),
		cmocka_unit_test(parse__letter_of_both__is_the_commands),
		cmocka_unit_test(parse__argument_that_may_be_missing__empty),
		cmocka_unit_test(parse__wrong__says_what),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
