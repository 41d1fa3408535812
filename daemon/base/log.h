#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Structured log: a stable dotted event name and typed fields, never a sentence put together by a
 * format. One line per event on stderr: `<6>lsapid: pool.start pool=site1 uid=1001` (the
 * sd-daemon prefix only when stderr goes to the journal). Values are escaped here and nowhere
 * else: no byte of a user can begin a line of its own.
 *
 *	log_warn("child.exit", F_UINT("uid", uid), F_INT("pid", pid), F_STR("why", why));
 *
 * Events have a row in log_events.def: name, cause, remedy (for the manual).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR = 3, /* numbers as in syslog(3), for the journal's prefix */
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
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

#define LOG_AT(level, event, ...)                                                                  \
	log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ },                     \
		sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

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
void log_set_level(enum log_level level);
bool log_level_parse(const char *text, enum log_level *ret_level);

void log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t count);

/**
 * log_format() - the pure part: one line without prefix and newline
 *
 * Return: bytes written, without the NUL; too long a line is cut and ends in "...".
 */
size_t log_format(
	char *out, size_t size, const char *event, const struct log_field *fields, size_t count);
