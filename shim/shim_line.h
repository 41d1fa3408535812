#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines of text that come from PHP, taken apart: response header lines, the Status line, log
 * lines. Pure, bounded by the given size, nothing has to end with NUL.
 */

#include <stdbool.h>
#include <stddef.h>

/** A response header line "Name: value"; views into the line. */
struct shim_line {
	const char *name;
	size_t name_size;
	const char *value; /* without white space around it */
	size_t value_size;
};

/** Header names that mean more than themselves in a CGI response. */
enum shim_line_kind {
	SHIM_LINE_PLAIN = 0,
	SHIM_LINE_STATUS,
	SHIM_LINE_CONTENT_TYPE,
	SHIM_LINE_CONTENT_LENGTH,
	SHIM_LINE_LAST_MODIFIED,
	SHIM_LINE_LOCATION,
	SHIM_LINE_ETAG,
	SHIM_LINE_CONNECTION,
	SHIM_LINE_SET_COOKIE,
	SHIM_LINE_SENDFILE,
	SHIM_LINE_HOP, /* hop-by-hop: about a connection that PHP does not have */
	SHIM_LINE_KIND_COUNT
};

/** What PHP says with a log line, by its first words. */
enum shim_severity {
	SHIM_SEVERITY_ERROR = 0,
	SHIM_SEVERITY_WARNING /* warnings, notices, deprecations */
};

/**
 * shim_line_parse() - take a header line apart
 *
 * Return: true; false if there is no colon, no name, a character in the name that is not of a
 *         token, or a control character in the value: such a line can not be sent on.
 * Source: RFC 9110 5.1 and 5.5.
 */
bool shim_line_parse(const char *data, size_t size, struct shim_line *ret_line);

/** shim_line_get_kind() - by name, any case */
enum shim_line_kind shim_line_get_kind(const struct shim_line *line);

/** shim_line_get_status() - "404 Not Found" to 404; 0 if it is no status that may be sent */
unsigned shim_line_get_status(const struct shim_line *line);

/** shim_line_get_severity() - "PHP Warning: ..." and the like */
enum shim_severity shim_line_get_severity(const char *data, size_t size);

/**
 * shim_line_is_request_hop() - a request header that ends at this server: not for PHP
 *
 * Proxy, since HTTP_PROXY is taken for a setting by many programs (httpoxy), and
 * Transfer-Encoding, since the body that PHP reads is no longer chunked.
 */
bool shim_line_is_request_hop(const char *name);

/**
 * shim_line_is_header_name() - letters, digits and '-': what has a CGI variable of its own
 *
 * httpd drops others from the environment of scripts, as X_Real_IP would pass for X-Real-IP.
 */
bool shim_line_is_header_name(const char *name);
