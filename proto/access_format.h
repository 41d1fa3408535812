#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The format of a line of the access log (lsapi_access_log): text with %{name} for a figure of the
 * request, or all figures as JSON. Pure; the module writes lines by it, lsapidctl import checks it.
 */

#include <stdbool.h>
#include <stddef.h>

enum access_field {
	ACCESS_TIME = 0,
	ACCESS_CLIENT,
	ACCESS_VHOST,
	ACCESS_USER,
	ACCESS_METHOD,
	ACCESS_URI,
	ACCESS_QUERY,
	ACCESS_SCRIPT,
	ACCESS_STATUS,
	ACCESS_BYTES,
	ACCESS_QUEUE_US,
	ACCESS_START_US,
	ACCESS_KIND,
	ACCESS_FIRST_US,
	ACCESS_TOTAL_US,
	ACCESS_CPU_US,
	ACCESS_PEAK_BYTES,
	ACCESS_PID,
	ACCESS_OUTCOME,
	ACCESS_FIELD_COUNT
};

struct access_field_row {
	const char *name; /* in formats, and the key in JSON */
	const char *note; /* of httpd; NULL: httpd has a figure of its own for it */
	size_t max;       /* bytes of a text, escapes counted; 0: it is a number */
};

extern const struct access_field_row access_fields[ACCESS_FIELD_COUNT];

/** What is used if no format is written; as long as it is, lines can be searched by key=value. */
#define ACCESS_FORMAT_DEFAULT                                                                      \
	"%{time} %{client} %{vhost} %{user} \"%{method} %{uri}\" %{status} %{bytes} "              \
	"queue=%{queue_us} start=%{start_us} kind=%{kind} first=%{first_us} total=%{total_us} "    \
	"cpu=%{cpu_us} peak=%{peak_bytes} pid=%{pid} outcome=%{outcome}"

/** Texts and figures of one format. */
#define ACCESS_PIECES_MAX 64U

/** A figure, or the text between two. */
struct access_piece {
	const char *text; /* borrowed: of the format; NULL: a figure */
	size_t size;
	enum access_field field;
};

struct access_format {
	bool is_json;
	size_t count;
	struct access_piece piece[ACCESS_PIECES_MAX];
};

/**
 * access_format_parse() - @text is a format, or "json"
 *
 * Return: NULL; what is wrong, static.
 */
const char *access_format_parse(const char *text, struct access_format *ret_format);

/** access_format_needs_usage() - has PHP to be asked for what a request costs it? */
bool access_format_needs_usage(const struct access_format *f);
