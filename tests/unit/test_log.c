/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

static void format__string_values__escaped_where_needed(void **state)
{
	static const struct {
		const char *value;
		const char *expected;
	} cases[] = {
		{ "plain", "e k=plain" },
		{ "/srv/www.example.org:80", "e k=/srv/www.example.org:80" },
		{ NULL, "e k=-" },
		{ "-", "e k=\"-\"" },
		{ "--", "e k=--" },
		{ "", "e k=\"\"" },
		{ "two words", "e k=\"two words\"" },
		{ "a=b", "e k=\"a=b\"" },
		{ "say \"hi\"", "e k=\"say \\\"hi\\\"\"" },
		{ "\"", "e k=\"\\\"\"" },
		{ "back\\slash", "e k=\"back\\\\slash\"" },
		{ "a\nb", "e k=\"a\\nb\"" },
		{ "a\r\tb", "e k=\"a\\r\\tb\"" },
		{ "\x01\x1b[31m\x7f", "e k=\"\\x01\\x1b[31m\\x7f\"" },
		{ "M\xc3\xbcnchen", "e k=M\xc3\xbcnchen" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", "e k=\xe6\x97\xa5\xe6\x9c\xac" },
		{ "\xf0\x9f\x90\x98", "e k=\xf0\x9f\x90\x98" },
		/* not UTF-8: latin-1, cut, overlong, surrogate, above the last, a lone tail */
		{ "M\xfcnchen", "e k=\"M\\xfcnchen\"" },
		{ "\xc3", "e k=\"\\xc3\"" },
		{ "\xe6\x97", "e k=\"\\xe6\\x97\"" },
		{ "\xc0\xaf", "e k=\"\\xc0\\xaf\"" },
		{ "\xe0\x80\xaf", "e k=\"\\xe0\\x80\\xaf\"" },
		{ "\xed\xa0\x80", "e k=\"\\xed\\xa0\\x80\"" },
		{ "\xf4\x90\x80\x80", "e k=\"\\xf4\\x90\\x80\\x80\"" },
		{ "\x80", "e k=\"\\x80\"" },
		/* what a terminal obeys or a reader does not see: C1, no-break and zero width
		 * space, right-to-left override, line separator, byte order mark */
		{ "\xc2\x9b", "e k=\"\\xc2\\x9b\"" },
		{ "\xc2\xa0", "e k=\"\\xc2\\xa0\"" },
		{ "\xe2\x80\x8b", "e k=\"\\xe2\\x80\\x8b\"" },
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): the case is about it */
		{ "\xe2\x80\xae", "e k=\"\\xe2\\x80\\xae\"" },
		{ "\xe2\x80\xa8", "e k=\"\\xe2\\x80\\xa8\"" },
		{ "\xef\xbb\xbf", "e k=\"\\xef\\xbb\\xbf\"" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct log_field field = F_STR("k", cases[i].value);
		char line[256];

		assert_int_equal(
			log_format(line, sizeof(line), "e", &field, 1), strlen(cases[i].expected));
		assert_string_equal(line, cases[i].expected);
	}
}

/* Whatever bytes a user brings: one line, printable, and the quotes are balanced. */
static void format__every_byte__never_ends_the_line(void **state)
{
	(void)state;
	for (unsigned byte = 1; byte < 256; byte++) {
		const char value[] = { 'a', (char)byte, ' ', 'b', '\0' };
		const struct log_field field = F_STR("k", value);
		char line[64];
		size_t size = log_format(line, sizeof(line), "e", &field, 1);

		assert_int_equal(strlen(line), size);
		for (size_t i = 0; i < size; i++)
			assert_true(line[i] >= 0x20 && line[i] < 0x7f);
		assert_memory_equal(line, "e k=\"a", 6);
		assert_string_equal(line + size - 3, " b\"");
	}
}

static void format__numbers__whole_range(void **state)
{
	const struct log_field fields[] = {
		F_INT("min", INT64_MIN),
		F_INT("neg", -1),
		F_UINT("max", UINT64_MAX),
		F_ERRNO(-ENOENT),
		F_ERRNO(EPIPE),
		F_ERRNO(0),
	};
	char line[256];

	(void)state;
	(void)log_format(line, sizeof(line), "pool.start", fields, T_COUNT(fields));
	assert_string_equal(line, "pool.start min=-9223372036854775808 neg=-1 "
				  "max=18446744073709551615 errno=ENOENT errno=EPIPE");
	assert_int_equal(log_format(line, sizeof(line), "pool.start", NULL, 0), 10);
	assert_string_equal(line, "pool.start");
}

/* Every size from nothing to enough, in front of fenced memory: never more, never half a unit. */
static void format__any_room__cut_between_units(void **state)
{
	const struct log_field fields[] = { F_STR("k", "\xc3\xbc\n\xff\"x y"), F_UINT("n", 12345) };
	char whole[256];
	size_t whole_size = log_format(whole, sizeof(whole), "e.v", fields, 2);
	struct guard g;

	(void)state;
	guard_init(&g, 256);
	assert_int_equal(log_format((char *)guard_tail(&g, 0), 0, "e.v", fields, 2), 0);
	for (size_t room = 1; room <= whole_size + 1; room++) {
		char *out = (char *)guard_tail(&g, room);
		size_t size = log_format(out, room, "e.v", fields, 2);
		size_t kept = size > 3 ? size - 3 : 0;

		assert_true(size < room);
		assert_int_equal(strlen(out), size);
		if (room > whole_size) {
			assert_string_equal(out, whole);
			continue;
		}
		assert_memory_equal(out + kept, "...", size - kept);
		assert_memory_equal(out, whole, kept);
		/* not behind a backslash or in the middle of what follows one, not in the u */
		assert_true(!kept || (out[kept - 1] != '\\' && out[kept - 1] != '\xc3'));
		assert_true(kept < 2 || memcmp(out + kept - 2, "\\x", 2) != 0);
		assert_true(room < 4 || size == kept + 3);
	}
	guard_deinit(&g);
}

static void level_parse__names__and_nothing_else(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
	} cases[] = {
		{ "error", LOG_LEVEL_ERROR },
		{ "warn", LOG_LEVEL_WARN },
		{ "notice", LOG_LEVEL_NOTICE },
		{ "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },
	};
	static const char *const others[] = { "", "Error", "warning", "7", "infos", "inf" };
	enum log_level level;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		assert_true(log_level_parse(cases[i].name, &level));
		assert_int_equal(level, cases[i].level);
	}
	for (size_t i = 0; i < T_COUNT(others); i++)
		T_ASSERT_ROW(others[i], !log_level_parse(others[i], &level));
}

/** stderr on a packet pipe for a while: each write(2) stays a piece of its own. */
struct capture {
	int saved;
	int read_end;
};

static int capture_start(void **state)
{
	static struct capture c;
	int fds[2];

	c.saved = dup(STDERR_FILENO);
	if (c.saved < 0 || pipe2(fds, O_DIRECT | O_NONBLOCK) < 0)
		return -1;
	c.read_end = fds[0];
	if (dup2(fds[1], STDERR_FILENO) < 0)
		return -1;
	(void)close(fds[1]);
	*state = &c;
	return 0;
}

static int capture_end(void **state)
{
	struct capture *c = *state;

	(void)dup2(c->saved, STDERR_FILENO);
	(void)close(c->saved);
	(void)close(c->read_end);
	return 0;
}

/* What one write(2) brought, NUL-terminated; its size, 0 if there was none. */
static size_t capture_read(const struct capture *c, char out[PIPE_BUF + 1])
{
	ssize_t n = read(c->read_end, out, PIPE_BUF);
	size_t size = n > 0 ? (size_t)n : 0;

	out[size] = '\0';
	return size;
}

static void set_journal_stream(const char *value)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(setenv("JOURNAL_STREAM", value, 1), 0);
}

static void write__no_journal__time_level_and_ident(void **state)
{
	static const char pattern[] =
		"^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9](:[0-5][0-9]){2}\\.[0-9]{3}Z "
		"warn lsapid-test: child\\.exit uid=1001 why=\"a b\"\n$";
	struct capture *c = *state;
	char out[PIPE_BUF + 1];
	regex_t regex;

	set_journal_stream("1:1");
	log_init("lsapid-test", LOG_LEVEL_INFO);
	errno = EPERM;
	log_warn("child.exit", F_UINT("uid", 1001), F_STR("why", "a b"));
	assert_int_equal(errno, EPERM);
	assert_true(capture_read(c, out) > 0);
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	assert_int_equal(regexec(&regex, out, 0, NULL, 0), 0);
	regfree(&regex);
}

static void write__journal_without_socket__sd_daemon_prefix(void **state)
{
	struct capture *c = *state;
	char out[PIPE_BUF + 1];
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(
		stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	set_journal_stream(stream);
	log_init_at("lsapid-test", LOG_LEVEL_INFO, "/nonexistent");
	log_error("a.b", F_INT("i", 1));
	assert_true(capture_read(c, out) > 0);
	assert_string_equal(out, "<3>lsapid-test: a.b i=1\n");
}

static void write__below_the_level__nothing(void **state)
{
	struct capture *c = *state;
	char out[PIPE_BUF + 1];

	log_init("lsapid-test", LOG_LEVEL_WARN);
	log_notice("a.b", F_INT("i", 1));
	assert_int_equal(capture_read(c, out), 0);
	log_set_level(LOG_LEVEL_NOTICE);
	log_notice("a.b", F_INT("i", 1));
	assert_true(capture_read(c, out) > 0);
	log_info("a.b", F_INT("i", 1));
	assert_int_equal(capture_read(c, out), 0);
}

/* However long, it stays one line in one write. */
static void write__very_long__one_piece(void **state)
{
	struct capture *c = *state;
	char out[PIPE_BUF + 1];
	char *text = malloc(100000);

	assert_non_null(text);
	memset(text, '\n', 99999);
	text[99999] = '\0';
	log_init("lsapid-test", LOG_LEVEL_INFO);
	log_info("a.b", F_STR("text", text));
	free(text);
	assert_true(capture_read(c, out) > PIPE_BUF - 8);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	assert_string_equal(out + strlen(out) - 4, "...\n");
	assert_int_equal(capture_read(c, out), 0);
}

/* --- targets ------------------------------------------------------------------------------ */

static int open_temporary(char path[32])
{
	int fd;

	(void)snprintf(path, 32, "/tmp/lsapid-log-XXXXXX");
	fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static size_t file_read(const char *path, char out[PIPE_BUF + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, out, PIPE_BUF);

	assert_true(n >= 0);
	out[n] = '\0';
	(void)close(fd);
	return (size_t)n;
}

static void target__file__lines_with_time_go_there_and_not_to_stderr(void **state)
{
	struct capture *c = *state;
	char out[PIPE_BUF + 1];
	char path[32];

	set_journal_stream("1:1");
	log_init("lsapid-test", LOG_LEVEL_INFO);
	log_set_target(LOG_TARGET_FILE, open_temporary(path));
	log_warn("child.exit", F_UINT("uid", 1001));
	log_info("child.exit", F_UINT("uid", 1002));
	log_set_target(LOG_TARGET_STDERR, -1);
	assert_int_equal(capture_read(c, out), 0);
	log_info("child.exit", F_UINT("uid", 1003));
	assert_true(capture_read(c, out) > 0);
	assert_non_null(strstr(out, "uid=1003"));
	(void)file_read(path, out);
	assert_non_null(strstr(out, "Z warn lsapid-test: child.exit uid=1001\n20"));
	assert_non_null(strstr(out, "Z info lsapid-test: child.exit uid=1002\n"));
	assert_null(strstr(out, "uid=1003"));
	(void)unlink(path);
}

/* SIGUSR1: the next line is in the new file. */
static void target__another_file__next_line_is_there(void **state)
{
	char out[PIPE_BUF + 1];
	char path[2][32];

	(void)state;
	log_init("lsapid-test", LOG_LEVEL_INFO);
	log_set_target(LOG_TARGET_FILE, open_temporary(path[0]));
	log_info("a.b", F_INT("i", 1));
	log_set_target(LOG_TARGET_FILE, open_temporary(path[1]));
	log_info("a.b", F_INT("i", 2));
	log_set_target(LOG_TARGET_STDERR, -1);
	(void)file_read(path[0], out);
	assert_non_null(strstr(out, "i=1\n"));
	assert_null(strstr(out, "i=2"));
	(void)file_read(path[1], out);
	assert_non_null(strstr(out, "i=2\n"));
	(void)unlink(path[0]);
	(void)unlink(path[1]);
}

/* Nothing is lost: stderr has what the full disk did not take, and why, once. */
static void target__full_disk__stderr_has_the_lines(void **state)
{
	struct capture *c = *state;
	char out[PIPE_BUF + 1];
	char path[32];
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int held;

	assert_true(full >= 0);
	held = dup(full);
	log_init("lsapid-test", LOG_LEVEL_INFO);
	log_set_target(LOG_TARGET_FILE, full);
	log_info("a.b", F_INT("i", 1));
	log_info("a.b", F_INT("i", 2));
	assert_true(capture_read(c, out) > 0);
	assert_non_null(strstr(out, " error lsapid-test: log.failed errno=ENOSPC lines=1\n"));
	assert_true(capture_read(c, out) > 0);
	assert_non_null(strstr(out, "a.b i=1\n"));
	assert_true(capture_read(c, out) > 0);
	assert_non_null(strstr(out, "a.b i=2\n"));
	log_set_target(LOG_TARGET_FILE, open_temporary(path));
	log_info("a.b", F_INT("i", 3));
	log_set_target(LOG_TARGET_STDERR, -1);
	assert_int_equal(capture_read(c, out), 0);
	(void)file_read(path, out);
	assert_non_null(strstr(out, "a.b i=3\n"));
	assert_non_null(strstr(out, "log.working lines=2\n"));
	(void)unlink(path);
	(void)close(held);
}

static void target__parse__words_else_a_file(void **state)
{
	(void)state;
	assert_int_equal(log_target_parse("stderr"), LOG_TARGET_STDERR);
	assert_int_equal(log_target_parse("syslog"), LOG_TARGET_SYSLOG);
	assert_int_equal(log_target_parse("/var/log/lsapid/lsapid.log"), LOG_TARGET_FILE);
}

/* --- text of strangers -------------------------------------------------------------------- */

static void text__strangers_bytes__printable_as_they_are_others_escaped(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *expected;
	} cases[] = {
		{ "PHP Fatal error: \"x\" in App\\Foo", 31, "PHP Fatal error: \"x\" in App\\Foo" },
		{ "", 0, "" },
		{ "a\tb", 3, "a\tb" },
		{ "a\rb\x1b[31m", 8, "a\\rb\\x1b[31m" },
		{ "a\0b", 3, "a\\x00b" },
		{ "M\xc3\xbcnchen", 8, "M\xc3\xbcnchen" },
		/* cut by the end of the text, though the byte that follows would fit */
		{ "M\xc3\xbcnchen", 2, "M\\xc3" },
		{ "\xf0\x9f\x90\x98!", 5, "\xf0\x9f\x90\x98!" },
		{ "\xf0\x9f\x90\x98!", 3, "\\xf0\\x9f\\x90" },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char out[64];

		assert_int_equal(log_put_text(out, sizeof(out), cases[i].text, cases[i].size),
			strlen(cases[i].expected));
		assert_string_equal(out, cases[i].expected);
	}
}

static void text__any_room__cut_between_units(void **state)
{
	(void)state;
	for (size_t room = 1; room < 16; room++) {
		char out[32];
		size_t used = log_put_text(out, room, "a\x01\xc3\xbc\x02zzzzzzzz", 13);

		assert_int_equal(used, strlen(out));
		assert_true(used < room);
		assert_true(room < 4 || strcmp(out + used - 3, "...") == 0);
	}
	assert_int_equal(log_put_text(NULL, 0, "a", 1), 0);
}

#define capture_test(name) cmocka_unit_test_setup_teardown(name, capture_start, capture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format__string_values__escaped_where_needed),
		cmocka_unit_test(format__every_byte__never_ends_the_line),
		cmocka_unit_test(format__numbers__whole_range),
		cmocka_unit_test(format__any_room__cut_between_units),
		cmocka_unit_test(level_parse__names__and_nothing_else),
		capture_test(write__no_journal__time_level_and_ident),
		capture_test(write__journal_without_socket__sd_daemon_prefix),
		capture_test(write__below_the_level__nothing),
		capture_test(write__very_long__one_piece),
		capture_test(target__file__lines_with_time_go_there_and_not_to_stderr),
		capture_test(target__another_file__next_line_is_there),
		capture_test(target__full_disk__stderr_has_the_lines),
		cmocka_unit_test(target__parse__words_else_a_file),
		cmocka_unit_test(text__strangers_bytes__printable_as_they_are_others_escaped),
		cmocka_unit_test(text__any_room__cut_between_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
