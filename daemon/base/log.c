/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/log.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/base/line_file.h"
#include "daemon/base/log_event.h"
#include "daemon/base/log_journal.h"
#include "daemon/base/log_limit.h"

/* A line up to PIPE_BUF reaches a pipe in one piece, whoever else writes to it: pipe(7). */
#define LOG_LINE_MAX PIPE_BUF

/* The one mutable object of file scope in the project: the logger's sink. */
static struct {
	const char *ident; /* static */
	enum log_level level;
	bool is_journal;     /* stderr is */
	int journal_fd;      /* owned: to send from; -1: there is none */
	const char *journal; /* static: path of its socket */
	enum log_target target;
	struct line_file file; /* LOG_TARGET_FILE */
	struct log_limit limit;
} sink = {
	.ident = "lsapid",
	.level = LOG_LEVEL_INFO,
	.journal_fd = -1,
	.file = LINE_FILE_EMPTY,
	.limit = { .next_ns = UINT64_MAX },
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

#define LOG_LEVEL_NAMES (sizeof(level_names) / sizeof(level_names[0]))

/*
 * Does stderr go to the journal? The variable is inherited by everything below a unit, so it
 * counts only if it names the very file that stderr is.
 * Source: systemd.exec(5), $JOURNAL_STREAM.
 */
static bool is_stderr_journal(void)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): at the start, before there are threads */
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(own, stream) == 0;
}

void log_init_at(const char *ident, enum log_level level, const char *journal)
{
	static const struct log_limit_terms terms = LOG_LIMIT_TERMS;

	sink.ident = ident;
	sink.level = level;
	sink.is_journal = is_stderr_journal();
	sink.journal = journal;
	sink.journal_fd = fd_close(sink.journal_fd);
	if (sink.is_journal)
		sink.journal_fd = log_journal_open(); /* without: the lines go to stderr */
	log_limit_init(&sink.limit, &terms, clock_now_ns());
}

void log_init(const char *ident, enum log_level level)
{
	log_init_at(ident, level, LOG_JOURNAL_SOCKET);
}

void log_set_limits(const struct log_limit_terms *terms)
{
	sink.limit.terms = *terms;
}

void log_set_level(enum log_level level)
{
	sink.level = level;
}

bool log_is_on(enum log_level level)
{
	return level <= sink.level;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = LOG_LEVEL_ERROR; i < LOG_LEVEL_NAMES; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

enum log_target log_target_parse(const char *text)
{
	if (strcmp(text, "stderr") == 0)
		return LOG_TARGET_STDERR;
	return strcmp(text, "syslog") == 0 ? LOG_TARGET_SYSLOG : LOG_TARGET_FILE;
}

void log_set_target(enum log_target target, int fd)
{
	if (sink.target == LOG_TARGET_SYSLOG && target != LOG_TARGET_SYSLOG)
		closelog();
	/* at once: what is asked for later may need a directory that is out of reach then */
	if (target == LOG_TARGET_SYSLOG)
		openlog(sink.ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	line_file_replace(&sink.file, target == LOG_TARGET_FILE ? fd : -1);
	sink.target = target;
}

size_t log_put_time(char *out, size_t size)
{
	struct timespec now;
	struct tm tm;
	int n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000);
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

static size_t log_put_prefix(char *out, size_t size, enum log_target target, enum log_level level)
{
	size_t used = 0;
	int n;

	if (target == LOG_TARGET_SYSLOG) /* it has all that by itself */
		return 0;
	if (target == LOG_TARGET_STDERR && sink.is_journal) {
		n = snprintf(out, size, "<%u>%s: ", (unsigned)level, sink.ident);
	} else {
		used = log_put_time(out, size);
		n = snprintf(out + used, size - used, " %s %s: ", level_names[level], sink.ident);
	}
	if (n < 0)
		return used;
	return (size_t)n < size - used ? used + (size_t)n : size - 1;
}

/* Return: false: it is to go to stderr as a line */
static bool log_put_entry(
	enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	size_t index = log_event_find(event);
	char line[LOG_LINE_MAX];
	char data[LOG_JOURNAL_MAX];
	const struct log_journal_entry entry = {
		.ident = sink.ident,
		.level = level,
		.event = event,
		.id = index < LOG_EVENT_COUNT ? log_event_get(index)->id : NULL,
		.message = line,
		.fields = fields,
		.count = count,
	};

	if (sink.journal_fd < 0)
		return false;
	(void)log_format(line, sizeof(line), event, fields, count);
	return log_journal_send(sink.journal_fd, sink.journal, data,
		log_journal_encode(data, sizeof(data), &entry));
}

/* Return: 0; -errno if that target, a file, did not take it */
static int log_put(enum log_target target, enum log_level level, const char *event,
	const struct log_field *fields, size_t count)
{
	char line[LOG_LINE_MAX];
	/* the prefix is short; the rest, less the newline, belongs to the event */
	size_t used = log_put_prefix(line, sizeof(line) / 2, target, level);

	if (target == LOG_TARGET_STDERR && log_put_entry(level, event, fields, count))
		return 0;
	used += log_format(line + used, sizeof(line) - used, event, fields, count);
	if (target == LOG_TARGET_SYSLOG) {
		syslog((int)level, "%s", line);
		return 0;
	}
	line[used++] = '\n';
	if (target == LOG_TARGET_FILE)
		return line_file_write(&sink.file, line, used);
	/* a full or broken stderr must not stop the service, and there is nobody left to tell */
	while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR)
		continue;
	return 0;
}

/* The file did not take a line, or takes them again. */
static void log_tell_file(
	enum log_target to, enum log_level level, const char *event, int error, uint64_t lines)
{
	const struct log_field fields[] = { F_ERRNO(error), F_UINT("lines", lines) };

	(void)log_put(to, level, event, fields, 2);
}

static void log_emit(
	enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	uint64_t lost = sink.file.lost;
	int r = log_put(sink.target, level, event, fields, count);

	if (r < 0) {
		if (lost == 0)
			log_tell_file(LOG_TARGET_STDERR, LOG_LEVEL_ERROR, "log.failed", r, 1);
		(void)log_put(LOG_TARGET_STDERR, level, event, fields, count);
	} else if (lost) {
		sink.file.lost = 0;
		log_tell_file(sink.target, LOG_LEVEL_NOTICE, "log.working", 0, lost);
	}
}

/* --- limits ------------------------------------------------------------------------------- */

static const char *find_pool(const struct log_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(fields[i].key, "pool") == 0 && fields[i].type == LOG_FIELD_STR)
			return fields[i].str;
	}
	return NULL;
}

/* An event without a row is one of a test's. */
static bool may_write(enum log_level level, const char *event, const struct log_field *fields,
	size_t count, uint64_t *ret_left_out)
{
	const struct log_limit_key key = {
		.event = log_event_find(event),
		.level = level,
		.pool = find_pool(fields, count),
	};

	*ret_left_out = 0;
	return key.event == LOG_EVENT_COUNT ||
	       log_limit_take(&sink.limit, &key, clock_now_ns(), ret_left_out);
}

bool log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	struct log_field all[LOG_FIELDS_MAX + 1] = { F_UINT("left_out", 0) };
	int saved_errno = errno;
	bool is_written = may_write(level, event, fields, count, &all[0].u);

	assert(count <= LOG_FIELDS_MAX);
	if (is_written && all[0].u) {
		/* the first one: it is there also if the line is cut */
		memcpy(&all[1], fields, count * sizeof(fields[0]));
		log_emit(level, event, all, count + 1);
	} else if (is_written) {
		log_emit(level, event, fields, count);
	}
	errno = saved_errno;
	return is_written;
}

static void log_tell_untold(uint64_t now_ns, bool is_last)
{
	struct log_limit_untold u;
	size_t at = 0;

	while (log_limit_next_untold(&sink.limit, &at, now_ns, is_last, &u)) {
		const struct log_field fields[] = { F_STR("of", u.event), F_STR("pool", u.pool),
			F_UINT("left_out", u.left_out) };

		log_emit(u.level, "log.left_out", fields, 3);
	}
}

uint64_t log_next_ns(void)
{
	return sink.limit.next_ns;
}

void log_on_time(uint64_t now_ns)
{
	if (now_ns >= sink.limit.next_ns)
		log_tell_untold(now_ns, false);
}

void log_end(void)
{
	log_tell_untold(clock_now_ns(), true);
}
