/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/t.h"

#define SNOWMAN "\xe2\x98\x83"
#define WIDE    "\xe4\xb8\xad" /* two columns */

static const struct table_column columns[] = {
	{ .title = "ID", .is_right = true },
	{ .title = "NAME", .least = 6, .is_name = true },
	{ .title = "STATE" },
};

static struct table *filled(const char *name, const char *state)
{
	struct table *t = table_new(columns, T_COUNT(columns));

	assert_non_null(t);
	table_cell(t, TONE_PLAIN, "%d", 7);
	table_cell(t, TONE_PLAIN, "%s", name);
	table_cell(t, TONE_GOOD, "%s", state);
	return t;
}

/* What table_print() writes to stdout. */
static char *printed(struct table *t, const struct term *term)
{
	static char text[4096];
	char path[] = "/tmp/lsapid-table-XXXXXX";
	int file = mkstemp(path), before = dup(STDOUT_FILENO);
	ssize_t n;

	assert_true(file >= 0 && before >= 0 && unlink(path) == 0);
	assert_int_equal(fflush(stdout), 0);
	assert_true(dup2(file, STDOUT_FILENO) >= 0);
	table_print(t, term);
	assert_int_equal(fflush(stdout), 0);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	n = pread(file, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	(void)close(file);
	(void)close(before);
	(void)table_free(t);
	return text;
}

static void print__no_row__nothing(void **state)
{
	(void)state;
	assert_string_equal(
		printed(table_new(columns, T_COUNT(columns)), &(struct term){ .columns = 80 }), "");
}

static void print__piped__one_line_each_and_nothing_cut(void **state)
{
	struct table *t = filled("a-name-that-is-long", "ready");

	(void)state;
	table_note(t, TONE_BAD, "it %s", "broke");
	table_cell(t, TONE_PLAIN, "%d", 12345);
	table_cell(t, TONE_PLAIN, "%s", "b\nc\x1b[2J");
	table_cell(t, TONE_PLAIN, "%s", "");
	assert_string_equal(printed(t, &(struct term){ .columns = 0 }),
		"   ID  NAME                 STATE\n"
		"    7  a-name-that-is-long  ready\n"
		"12345  b?c?[2J              -\n"
		"a-name-that-is-long: it broke\n");
}

static void print__narrow_terminal__cuts_what_may_be_cut(void **state)
{
	(void)state;
	assert_string_equal(
		printed(filled("a-name-that-is-long", "ready"), &(struct term){ .columns = 20 }),
		"ID  NAME       STATE\n"
		" 7  a-name-t\xe2\x80\xa6  ready\n");
	assert_string_equal(
		printed(filled("a-name-that-is-long", "ready"), &(struct term){ .columns = 5 }),
		"ID  NAME    STATE\n"
		" 7  a-nam\xe2\x80\xa6  ready\n");
}

static void print__wide_characters__columns_stay(void **state)
{
	struct table *t = filled(WIDE WIDE WIDE WIDE WIDE, "ready");

	(void)state;
	table_cell(t, TONE_PLAIN, "%d", 8);
	table_cell(t, TONE_PLAIN, "%s", SNOWMAN);
	table_cell(t, TONE_PLAIN, "%s", "cold");
	assert_string_equal(printed(t, &(struct term){ .columns = 18 }),
		"ID  NAME     STATE\n"
		" 7  " WIDE WIDE WIDE "\xe2\x80\xa6  ready\n"
		" 8  " SNOWMAN "        cold\n");
}

static void print__terminal__notes_below_their_row(void **state)
{
	struct table *t = filled("a", "failed");

	(void)state;
	table_note(t, TONE_BAD, "why");
	table_cell(t, TONE_PLAIN, "8");
	assert_string_equal(printed(t, &(struct term){ .columns = 80, .has_color = true }),
		"\x1b[1mID\x1b[0m  \x1b[1mNAME\x1b[0m  \x1b[1mSTATE\x1b[0m\n"
		" 7  a     \x1b[32mfailed\x1b[0m\n"
		"\x1b[1;31m    why\x1b[0m\n"
		" 8  -     -\n");
}

static void print__thousands_of_rows__all(void **state)
{
	struct table *t = table_new(columns, T_COUNT(columns));

	(void)state;
	for (int i = 0; i < 3000; i++)
		table_cell(t, TONE_PLAIN, "%d", i);
	assert_int_equal(table_rows(t), 1000);
	(void)table_free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(print__no_row__nothing),
		cmocka_unit_test(print__piped__one_line_each_and_nothing_cut),
		cmocka_unit_test(print__narrow_terminal__cuts_what_may_be_cut),
		cmocka_unit_test(print__wide_characters__columns_stay),
		cmocka_unit_test(print__terminal__notes_below_their_row),
		cmocka_unit_test(print__thousands_of_rows__all),
	};

	term_init();
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
