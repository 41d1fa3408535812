#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Structured log: a stable dotted event name and typed fields, never a sentence put together by a
 * format. One line per event: `pool.start pool=site1 uid=1001`. Values are escaped here and nowhere
 * else: no byte of a user can begin a line of its own. Before it stands what its target lacks: on
 * stderr and in a file time, level and the process. systemd's journal gets it with its fields, see
 * log_journal.h, or, if it does not take that, with `<6>` and the process before it.
 *
 *	log_warn("child.exit", F_UINT("uid", uid), F_INT("pid", pid), F_STR("why", why));
 *
 * Events have a row in log_events.def: name, number, cause, remedy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/ratelimit.h"

enum log_level {
	LOG_LEVEL_ERROR = 3, /* numbers as in syslog(3), for the journal's prefix */
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/** Where lines go. */
enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG, /* syslog(3), facility daemon */
	LOG_TARGET_FILE
};

enum log_field_type {
	LOG_FIELD_STR,
	LOG_FIELD_INT,
	LOG_FIELD_UINT,
	LOG_FIELD_ERRNO
};

struct log_field {
	const char *key;
	enum log_field_type type;
	const char *str; /* borrowed for the call; NULL is shown as "-" */
	int64_t i;
	uint64_t u;
};

/* clang-format off */
#define F_STR(k, v)   { .key = (k), .type = LOG_FIELD_STR, .str = (v) }
#define F_INT(k, v)   { .key = (k), .type = LOG_FIELD_INT, .i = (v) }
#define F_UINT(k, v)  { .key = (k), .type = LOG_FIELD_UINT, .u = (v) }
/** errno or negative errno, shown as its name; 0: nothing failed there, so the field is left out */
#define F_ERRNO(v)    { .key = "errno", .type = LOG_FIELD_ERRNO, .i = (v) }
/* clang-format on */

/** Fields of one line, at most. */
#define LOG_FIELDS_MAX 32U
/** Room for a number, or for the name of an errno. */
#define LOG_NUMBER_SIZE 24U

/* What nobody wants to see is not even looked up. */
#define LOG_AT(level, event, ...)                                                                  \
	((void)(log_is_on(level) &&                                                                \
		log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ },             \
			sizeof((const struct log_field[]){ __VA_ARGS__ }) /                        \
				sizeof(struct log_field))))

/* At least one field each: an event without a figure explains nothing. */
#define log_error(event, ...)  LOG_AT(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)   LOG_AT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_notice(event, ...) LOG_AT(LOG_LEVEL_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...)   LOG_AT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)  LOG_AT(LOG_LEVEL_DEBUG, event, __VA_ARGS__)

/**
 * log_init() - once per process, before the first event
 * @ident: name of the process in each line; static
 * @level: least important level that is written
 */
void log_init(const char *ident, enum log_level level);

/** log_init_at() - the same with another socket than the journal's, for tests */
void log_init_at(const char *ident, enum log_level level, const char *journal);

void log_set_level(enum log_level level);

/** How many lines there may be, see log_limit.h; a rate of 0 is no limit. */
struct log_limit_terms {
	struct ratelimit_terms one; /* of an event and pool */
	struct ratelimit_terms all; /* of an event, all pools together */
};

/* clang-format off */
#define LOG_LIMIT_TERMS { .one = { .per_s = 2, .burst = 20 }, \
			  .all = { .per_s = 20, .burst = 1000 } }
/* clang-format on */

/** log_set_limits() - from now on; LOG_LIMIT_TERMS until it is called */
void log_set_limits(const struct log_limit_terms *terms);

/** log_next_ns() - when log_on_time() has something to do; UINT64_MAX: never */
uint64_t log_next_ns(void);

/** log_on_time() - tell how many lines were left out after which none came for long */
void log_on_time(uint64_t now_ns);

/** log_end() - the same for all of them: the process ends */
void log_end(void);

/** log_is_on() - are events of this level written? */
bool log_is_on(enum log_level level);

/**
 * log_set_target() - where lines go from now on; stderr until it is called
 * @fd: LOG_TARGET_FILE: open for appending; consumed. Else -1
 *
 * A line that the file does not take goes to stderr; what happened is told there once, and in the
 * file when it takes lines again.
 */
void log_set_target(enum log_target target, int fd);

/** log_target_parse() - "stderr", "syslog", else a file */
enum log_target log_target_parse(const char *text);

/** log_level_name() - as the configuration has it */
const char *log_level_name(enum log_level level);

bool log_level_parse(const char *text, enum log_level *ret_level);

/** log_write() - what the macros call: the level is not looked at. Return: false: left out */
bool log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t count);

/** log_put_time() - UTC as the log has it, "2026-01-31T12:00:00.000Z". Return: its length */
size_t log_put_time(char *out, size_t size);

/**
 * log_put_text() - words of strangers, as they are but for what is no printable character
 *
 * Return: bytes written, without the NUL; too long a text is cut and ends in "...".
 */
size_t log_put_text(char *out, size_t size, const char *text, size_t text_size);

/** log_put_number() - value of a field that is no text. Return: false: it is, or has none */
bool log_put_number(const struct log_field *f, char out[LOG_NUMBER_SIZE]);

/**
 * log_format() - the pure part: one line without prefix and newline
 *
 * Return: bytes written, without the NUL; too long a line is cut and ends in "...".
 */
size_t log_format(
	char *out, size_t size, const char *event, const struct log_field *fields, size_t count);
