/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/log_event.h"
#include "daemon/base/log_journal.h"
#include "tests/support/guard.h"
#include "tests/support/t.h"

static void encode__fields__as_the_journal_knows_them(void **state)
{
	static const char expected[] = "PRIORITY=4\n"
				       "SYSLOG_IDENTIFIER=lsapid\n"
				       "SYSLOG_FACILITY=3\n"
				       "MESSAGE_ID=0123456789abcdef0123456789abcdef\n"
				       "LSAPID_EVENT=a.b\n"
				       "MESSAGE=a.b pool=\"a b\" user=u\n"
				       "POOL=a b\n"
				       "USER=u\n"
				       "LSAPID_POOL_ID=7\n"
				       "LSAPID_GOT=-1\n"
				       "LSAPID_ERRNO=EACCES\n"
				       "ERRNO=13\n";
	const struct log_field fields[] = { F_STR("pool", "a b"), F_STR("user", "u"),
		F_STR("none", NULL), F_UINT("pool_id", 7), F_INT("got", -1), F_ERRNO(-EACCES) };
	const struct log_field nothing[] = { F_ERRNO(0) };
	struct log_journal_entry e = {
		.ident = "lsapid",
		.level = LOG_LEVEL_WARN,
		.event = "a.b",
		.id = "0123456789abcdef0123456789abcdef",
		.message = "a.b pool=\"a b\" user=u",
		.fields = fields,
		.count = T_COUNT(fields),
	};
	char out[LOG_JOURNAL_MAX];
	size_t size = log_journal_encode(out, sizeof(out), &e);

	(void)state;
	assert_int_equal(size, sizeof(expected) - 1);
	assert_memory_equal(out, expected, size);
	e.id = NULL;
	e.fields = nothing;
	e.count = 1;
	size = log_journal_encode(out, sizeof(out), &e);
	assert_null(memmem(out, size, "MESSAGE_ID", 10));
	assert_null(memmem(out, size, "ERRNO", 5));
}

/* Each line is a field of ours, whatever a stranger puts into a value. */
static void encode__any_byte__never_ends_its_field(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		const char value[] = { 'a', (char)c, 'U', 'I', 'D', '=', '0', '\0' };
		const struct log_field field = F_STR("text", value);
		const struct log_journal_entry e = { .ident = "i",
			.level = LOG_LEVEL_INFO,
			.event = "e",
			.message = "m",
			.fields = &field,
			.count = 1 };
		char out[512];
		size_t size = log_journal_encode(out, sizeof(out), &e);
		const char *at = memmem(out, size, "\nLSAPID_TEXT=a", 14);

		assert_non_null(at);
		assert_ptr_equal(
			memchr(at + 1, '\n', size - (size_t)(at + 1 - out)), out + size - 1);
		assert_null(memmem(out, size, "\nUID", 4));
		if (c < 0x20 && c != '\t')
			assert_non_null(memchr(at, '\\', size - (size_t)(at - out)));
	}
}

static void encode__any_room__whole_lines(void **state)
{
	char *text = malloc(100000);
	const struct log_field fields[] = { F_STR("text", text), F_STR("pool", "a.test"),
		F_UINT("n", UINT64_MAX) };
	const struct log_journal_entry e = { .ident = "lsapid",
		.level = LOG_LEVEL_INFO,
		.event = "e.v",
		.message = "e.v",
		.fields = fields,
		.count = T_COUNT(fields) };
	struct guard g;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 99999);
	text[99999] = '\0';
	guard_init(&g, 400);
	for (size_t room = 0; room < 400; room++) {
		char *out = (char *)guard_tail(&g, room);
		size_t size = log_journal_encode(out, room, &e);

		assert_true(size <= room);
		assert_true(!size || out[size - 1] == '\n');
		assert_true(size < 100 || memmem(out, size, "xxx...\n", 7));
	}
	guard_deinit(&g);
	free(text);
}

/* --- the whole way ------------------------------------------------------------------------ */

/** A socket that stands for journald's, and stderr such that JOURNAL_STREAM may name it. */
struct world {
	char dir[32];
	char path[48];
	int journald;
	int saved;
	int read_end;
};

static void set_journal_stream(bool is_ours)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino + !is_ours);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
}

static int world_start(void **state)
{
	static struct world w;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fds[2];

	(void)snprintf(w.dir, sizeof(w.dir), "/tmp/lsapid-journal-XXXXXX");
	if (!mkdtemp(w.dir))
		return -1;
	(void)snprintf(w.path, sizeof(w.path), "%s/socket", w.dir);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", w.path);
	w.journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w.journald < 0 || bind(w.journald, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	w.saved = dup(STDERR_FILENO);
	if (w.saved < 0 || pipe2(fds, O_NONBLOCK) < 0 || dup2(fds[1], STDERR_FILENO) < 0)
		return -1;
	(void)close(fds[1]);
	w.read_end = fds[0];
	*state = &w;
	return 0;
}

static int world_end(void **state)
{
	struct world *w = *state;

	(void)dup2(w->saved, STDERR_FILENO);
	(void)close(w->saved);
	(void)close(w->read_end);
	(void)close(w->journald);
	(void)unlink(w->path);
	(void)rmdir(w->dir);
	return 0;
}

/* What came by now, NUL-terminated; "" if nothing did. */
static const char *take(int fd, char out[LOG_JOURNAL_MAX + 1])
{
	ssize_t n = read(fd, out, LOG_JOURNAL_MAX);

	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void send__stderr_is_the_journal__an_entry_and_no_line(void **state)
{
	struct world *w = *state;
	char out[LOG_JOURNAL_MAX + 1];

	set_journal_stream(true);
	log_init_at("lsapid-test", LOG_LEVEL_INFO, w->path);
	log_warn("child.killed", F_STR("pool", "a.test"), F_INT("signal", 11));
	(void)take(w->journald, out);
	assert_non_null(strstr(out, "PRIORITY=4\nSYSLOG_IDENTIFIER=lsapid-test\n"));
	assert_non_null(strstr(out, "\nMESSAGE=child.killed pool=a.test signal=11\nPOOL=a.test\n"));
	assert_non_null(strstr(out, log_event_get(log_event_find("child.killed"))->id));
	assert_string_equal(take(w->read_end, out), "");
}

/* The variable is inherited by whatever a service starts: alone it proves nothing. */
static void send__stderr_is_another_file__nothing_for_the_journal(void **state)
{
	struct world *w = *state;
	char out[LOG_JOURNAL_MAX + 1];

	set_journal_stream(false);
	log_init_at("lsapid-test", LOG_LEVEL_INFO, w->path);
	log_warn("child.killed", F_STR("pool", "a.test"));
	assert_string_equal(take(w->journald, out), "");
	assert_non_null(strstr(take(w->read_end, out), " warn lsapid-test: child.killed pool="));
}

static void send__journald_is_gone_or_full__a_line_with_its_prefix(void **state)
{
	struct world *w = *state;
	char out[LOG_JOURNAL_MAX + 1];
	bool is_full = false;

	set_journal_stream(true);
	log_init_at("lsapid-test", LOG_LEVEL_INFO, w->path);
	for (int i = 0; i < 10000 && !is_full; i++) {
		log_info("a.b", F_INT("i", i));
		is_full = *take(w->read_end, out);
	}
	assert_true(is_full);
	assert_true(strncmp(out, "<6>lsapid-test: a.b i=", 22) == 0);
	(void)unlink(w->path);
	log_error("a.b", F_INT("i", 1));
	assert_string_equal(take(w->read_end, out), "<3>lsapid-test: a.b i=1\n");
}

#define world_test(name) cmocka_unit_test_setup_teardown(name, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode__fields__as_the_journal_knows_them),
		cmocka_unit_test(encode__any_byte__never_ends_its_field),
		cmocka_unit_test(encode__any_room__whole_lines),
		world_test(send__stderr_is_the_journal__an_entry_and_no_line),
		world_test(send__stderr_is_another_file__nothing_for_the_journal),
		world_test(send__journald_is_gone_or_full__a_line_with_its_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
