/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_line.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 5.6.2: tchar besides letters and digits */
static const char token_marks[] = "!#$%&'*+-.^_`|~";

struct name_row {
	const char *name;
	enum shim_line_kind kind;
};

static const struct name_row response_names[] = {
	{ "Status", SHIM_LINE_STATUS },
	{ "Content-Type", SHIM_LINE_CONTENT_TYPE },
	{ "Content-Length", SHIM_LINE_CONTENT_LENGTH },
	{ "Last-Modified", SHIM_LINE_LAST_MODIFIED },
	{ "Location", SHIM_LINE_LOCATION },
	{ "ETag", SHIM_LINE_ETAG },
	{ "Connection", SHIM_LINE_CONNECTION },
	{ "Set-Cookie", SHIM_LINE_SET_COOKIE },
	{ "X-Sendfile", SHIM_LINE_SENDFILE },
	{ "Transfer-Encoding", SHIM_LINE_HOP },
	{ "Keep-Alive", SHIM_LINE_HOP },
	{ "Proxy-Connection", SHIM_LINE_HOP },
	{ "Trailer", SHIM_LINE_HOP },
	{ "Upgrade", SHIM_LINE_HOP },
};

/* Others about the connection are shown, as mod_php and mod_cgi do: they harm nobody. */
static const char *const request_hops[] = {
	"Proxy",
	"Transfer-Encoding",
};

static const char *const warning_words[] = {
	"PHP Warning:",
	"PHP Notice:",
	"PHP Deprecated:",
	"PHP Strict Standards:",
};

static bool is_token_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr(token_marks, c) != NULL;
}

static bool is_value_char(char c)
{
	unsigned char u = (unsigned char)c;

	return c == '\t' || (u >= 0x20 && u != 0x7f);
}

bool shim_line_parse(const char *data, size_t size, struct shim_line *ret_line)
{
	const char *colon = size > 0 ? memchr(data, ':', size) : NULL;

	if (!colon || colon == data)
		return false;
	for (const char *p = data; p < colon; p++)
		if (!is_token_char(*p))
			return false;
	const char *value = colon + 1;
	const char *end = data + size;

	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && strchr(" \t\r\n", end[-1]) && end[-1] != '\0')
		end--;
	for (const char *p = value; p < end; p++)
		if (!is_value_char(*p))
			return false;
	ret_line->name = data;
	ret_line->name_size = (size_t)(colon - data);
	ret_line->value = value;
	ret_line->value_size = (size_t)(end - value);
	return true;
}

enum shim_line_kind shim_line_get_kind(const struct shim_line *line)
{
	for (size_t i = 0; i < sizeof(response_names) / sizeof(response_names[0]); i++) {
		const char *name = response_names[i].name;

		if (strlen(name) == line->name_size &&
			strncasecmp(name, line->name, line->name_size) == 0)
			return response_names[i].kind;
	}
	return SHIM_LINE_PLAIN;
}

unsigned shim_line_get_status(const struct shim_line *line)
{
	unsigned status = 0;

	if (line->value_size < 3 || (line->value_size > 3 && line->value[3] != ' '))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (line->value[i] < '0' || line->value[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(line->value[i] - '0');
	}
	/* 1xx is no answer */
	return status >= 200 && status <= 999 ? status : 0;
}

enum shim_severity shim_line_get_severity(const char *data, size_t size)
{
	for (size_t i = 0; i < sizeof(warning_words) / sizeof(warning_words[0]); i++) {
		size_t length = strlen(warning_words[i]);

		if (size >= length && memcmp(data, warning_words[i], length) == 0)
			return SHIM_SEVERITY_WARNING;
	}
	return SHIM_SEVERITY_ERROR;
}

bool shim_line_is_request_hop(const char *name)
{
	for (size_t i = 0; i < sizeof(request_hops) / sizeof(request_hops[0]); i++)
		if (strcasecmp(name, request_hops[i]) == 0)
			return true;
	return false;
}

bool shim_line_is_header_name(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	return name[0] && name[strspn(name, plain)] == '\0';
}
