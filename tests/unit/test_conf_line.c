/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/conf_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/t.h"

/** One line of a text of one line, and what is seen of it. */
static const struct {
	const char *text;
	enum conf_line_kind kind;
	unsigned number;
	const char *name;
	const char *words; /* joined with | */
} rows[] = {
	{ "lsapi_engine On\n", CONF_LINE_DIRECTIVE, 1, "lsapi_engine", "On" },
	{ "  lsapi_engine\tOn  \r\n", CONF_LINE_DIRECTIVE, 1, "lsapi_engine", "On" },
	{ "lsapi_engine On", CONF_LINE_DIRECTIVE, 1, "lsapi_engine", "On" },
	{ "a \"b c\" 'd e' f", CONF_LINE_DIRECTIVE, 1, "a", "b c|d e|f" },
	{ "a \"b \\\" c\" \"d\\\\\" e\\\\f g\\x", CONF_LINE_DIRECTIVE, 1, "a",
		"b \" c|d\\|e\\f|g\\x" },
	{ "a \"b c", CONF_LINE_DIRECTIVE, 1, "a", "b c" },
	{ "a \"\"", CONF_LINE_DIRECTIVE, 1, "a", "" },
	{ "a b\"c d", CONF_LINE_DIRECTIVE, 1, "a", "b\"c|d" },
	{ "\"a b\" c", CONF_LINE_DIRECTIVE, 1, "a b", "c" },
	{ "a \\\nb\\\r\nc\n", CONF_LINE_DIRECTIVE, 3, "a", "bc" },
	{ "a b\\", CONF_LINE_DIRECTIVE, 1, "a", "b\\" },
	{ "a b\\\n", CONF_LINE_DIRECTIVE, 1, "a", "b" },
	{ "# comment \\\n a b\n", CONF_LINE_NOTHING, 2, "", "" },
	{ "a b # no comment\n", CONF_LINE_DIRECTIVE, 1, "a", "b|#|no|comment" },
	{ "\n", CONF_LINE_NOTHING, 1, "", "" },
	{ "   ", CONF_LINE_NOTHING, 1, "", "" },
	{ "<IfModule lsapi_module>\n", CONF_LINE_OPEN, 1, "IfModule", "lsapi_module" },
	{ "<VirtualHost a:1 b:2 >\n", CONF_LINE_OPEN, 1, "VirtualHost", "a:1|b:2" },
	{ "<Directory \"/a b\">\n", CONF_LINE_OPEN, 1, "Directory", "/a b" },
	{ "<RequireAll>\n", CONF_LINE_OPEN, 1, "RequireAll", "" },
	{ "</IfModule>\n", CONF_LINE_CLOSE, 1, "IfModule", "" },
	{ "</IfModule >\n", CONF_LINE_CLOSE, 1, "IfModule", "" },
	{ "<\n", CONF_LINE_OPEN, 1, "", "" },
	{ "</\n", CONF_LINE_CLOSE, 1, "", "" },
	{ "<>\n", CONF_LINE_OPEN, 1, "", "" },
};

static void join(const struct conf_line *line, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < line->word_count; i++)
		used += (size_t)snprintf(
			out + used, size - used, "%s%s", i ? "|" : "", line->word[i]);
}

static void next__each_row__name_and_words(void **state)
{
	struct conf_line *line = *state;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct conf_text text = { .data = rows[i].text, .size = strlen(rows[i].text) };
		char words[256];

		T_ASSERT_ROW(rows[i].text, conf_line_next(&text, line));
		join(line, words, sizeof(words));
		T_ASSERT_ROW(rows[i].text, line->kind == rows[i].kind);
		T_ASSERT_ROW(rows[i].text, line->number == rows[i].number);
		T_ASSERT_ROW(rows[i].text, strcmp(line->name, rows[i].name) == 0);
		T_ASSERT_ROW(rows[i].text, strcmp(words, rows[i].words) == 0);
		T_ASSERT_ROW(rows[i].text, !conf_line_next(&text, line));
	}
}

static void next__several_lines__each_with_its_number(void **state)
{
	static const char data[] = "a 1\n\n# c\r\nb \\\n  2\nc ${X}y\n";
	struct conf_text text = { .data = data, .size = sizeof(data) - 1 };
	struct conf_line *line = *state;

	assert_true(conf_line_next(&text, line) && line->number == 1);
	assert_true(conf_line_next(&text, line) && line->kind == CONF_LINE_NOTHING);
	assert_true(conf_line_next(&text, line) && line->kind == CONF_LINE_NOTHING);
	assert_true(conf_line_next(&text, line) && line->number == 5);
	assert_string_equal(line->word[0], "2");
	assert_false(line->has_variable);
	assert_true(conf_line_next(&text, line) && line->has_variable);
	assert_false(conf_line_next(&text, line));
}

static void next__too_long_or_binary__told_and_passed(void **state)
{
	static const char end[] = { '\n', 'a', '\0', 'b', '\n', 'c', ' ', 'd' };
	size_t size = CONF_LINE_MAX_BYTES + 10;
	char *data = malloc(size);
	struct conf_line *line = *state;
	struct conf_text text = { .data = data, .size = size };

	assert_non_null(data);
	memset(data, 'a', size);
	memcpy(data + size - sizeof(end), end, sizeof(end));
	assert_true(conf_line_next(&text, line));
	assert_int_equal(line->kind, CONF_LINE_TOO_LONG);
	assert_true(conf_line_next(&text, line));
	assert_int_equal(line->kind, CONF_LINE_BINARY);
	assert_true(conf_line_next(&text, line));
	assert_string_equal(line->word[0], "d");
	/* just fits */
	text = (struct conf_text){ .data = data, .size = CONF_LINE_MAX_BYTES };
	assert_true(conf_line_next(&text, line));
	assert_int_equal(line->kind, CONF_LINE_DIRECTIVE);
	free(data);
}

static void next__more_words_than_room__the_first(void **state)
{
	char data[4 * CONF_LINE_MAX_WORDS];
	struct conf_line *line = *state;
	struct conf_text text = { .data = data, .size = sizeof(data) };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i % 2 ? ' ' : 'x';
	assert_true(conf_line_next(&text, line));
	assert_int_equal(line->word_count, CONF_LINE_MAX_WORDS);
}

static void has_mark__with_and_without__told_apart(void **state)
{
	(void)state;
	assert_true(conf_text_has_mark(&(struct conf_text){ .data = "\xef\xbb\xbf"
								    "a",
		.size = 4 }));
	assert_false(conf_text_has_mark(&(struct conf_text){ .data = "\xef\xbb", .size = 2 }));
	assert_false(conf_text_has_mark(&(struct conf_text){ .data = "abcd", .size = 4 }));
}

static int line_make(void **state)
{
	*state = calloc(1, sizeof(struct conf_line));
	return *state ? 0 : -1;
}

static int line_free(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__each_row__name_and_words),
		cmocka_unit_test(next__several_lines__each_with_its_number),
		cmocka_unit_test(next__too_long_or_binary__told_and_passed),
		cmocka_unit_test(next__more_words_than_room__the_first),
		cmocka_unit_test(has_mark__with_and_without__told_apart),
	};

	return cmocka_run_group_tests_name("conf_line", tests, line_make, line_free);
}
