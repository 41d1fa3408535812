/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A line up to PIPE_BUF reaches a pipe in one piece, whoever else writes to it: pipe(7). */
#define LOG_LINE_MAX PIPE_BUF

/* The one mutable object of file scope in the project: the logger's sink. */
static struct {
	const char *ident; /* static */
	enum log_level level;
	bool is_journal;
} sink = { .ident = "lsapid", .level = LOG_LEVEL_INFO, .is_journal = false };

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

void log_init(const char *ident, enum log_level level)
{
	sink.ident = ident;
	sink.level = level;
	sink.is_journal = is_stderr_journal();
}

void log_set_level(enum log_level level)
{
	sink.level = level;
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

static size_t log_put_prefix(char *out, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm tm;
	int n;

	if (sink.is_journal) {
		n = snprintf(out, size, "<%u>%s: ", (unsigned)level, sink.ident);
	} else {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		(void)gmtime_r(&now.tv_sec, &tm);
		n = snprintf(out, size,
			"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s: ", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			now.tv_nsec / 1000000, level_names[level], sink.ident);
	}
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

void log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	char line[LOG_LINE_MAX];
	int saved_errno = errno;
	size_t used;

	if (level > sink.level)
		return;
	/* the prefix is short; the rest, less the newline, belongs to the event */
	used = log_put_prefix(line, sizeof(line) / 2, level);
	used += log_format(line + used, sizeof(line) - used, event, fields, count);
	line[used++] = '\n';
	/* a full or broken stderr must not stop the service, and there is nobody left to tell */
	while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR)
		continue;
	errno = saved_errno;
}
