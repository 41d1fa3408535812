/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/text_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"
#define QUOTES "\"'"

/** One line as it stands: where its key and its value are. */
struct edit_line {
	const char *begin;
	const char *end; /* the newline, or the end of the text */
	const char *key;
	size_t key_size; /* 0: the line says nothing of the kind */
	const char *value;
	size_t value_size; /* without quotes */
	bool is_comment;
};

static const char *skip(const char *at, const char *end, const char *set)
{
	while (at < end && strchr(set, *at))
		at++;
	return at;
}

static bool is_key_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

/* What stands after the separator, without blanks and quotes around it. */
static void take_value(struct edit_line *line, const char *at, enum text_edit_style style)
{
	const char *end = line->end;

	at = style == TEXT_EDIT_SHELL ? at : skip(at, end, BLANKS);
	while (end > at && strchr(" \t\r", end[-1]))
		end--;
	if (style != TEXT_EDIT_SHELL && end - at >= 2 && strchr(QUOTES, *at) && end[-1] == *at) {
		at++;
		end--;
	}
	line->value = at;
	line->value_size = (size_t)(end - at);
}

static void take_line(struct edit_line *line, enum text_edit_style style)
{
	const char *at = line->begin;

	line->key_size = 0;
	line->is_comment = style == TEXT_EDIT_CONFUSE && at < line->end && *at == '#';
	at = line->is_comment ? at + 1 : at;
	line->key = at;
	while (at < line->end && is_key_byte(*at))
		at++;
	size_t size = (size_t)(at - line->key);

	at = style == TEXT_EDIT_CONFUSE ? skip(at, line->end, BLANKS) : at;
	if (!size || at == line->end || *at != (style == TEXT_EDIT_YAML ? ':' : '='))
		return;
	line->key_size = size;
	take_value(line, at + 1, style);
}

/* Return: the line at @at, or NULL at the end of the text. */
static const char *next_line(const char *at, enum text_edit_style style, struct edit_line *line)
{
	if (!*at)
		return NULL;
	line->begin = at;
	line->end = at + strcspn(at, "\n");
	take_line(line, style);
	return *line->end ? line->end + 1 : line->end;
}

static bool has_key(const struct edit_line *line, const char *key)
{
	return line->key_size == strlen(key) && memcmp(line->key, key, line->key_size) == 0;
}

/* The last line counts that is no comment; else the first comment that looks like it. */
static bool find_key(
	const char *text, enum text_edit_style style, const char *key, struct edit_line *ret)
{
	struct edit_line line;
	bool is_found = false;

	for (const char *at = text; (at = next_line(at, style, &line));) {
		if (!has_key(&line, key) || (line.is_comment && is_found))
			continue;
		*ret = line;
		is_found = true;
	}
	return is_found;
}

/* @text with @middle in the place of what is between @begin and @end. */
static char *splice(const char *text, const char *begin, const char *end, const char *middle)
{
	size_t head = (size_t)(begin - text);
	size_t size = head + strlen(middle) + strlen(end) + 1;
	char *out = malloc(size);

	if (out)
		(void)snprintf(out, size, "%.*s%s%s", (int)head, text, middle, end);
	return out;
}

static int format_line(char **ret, enum text_edit_style style, const char *key, const char *value)
{
	static const char *const formats[] = {
		[TEXT_EDIT_SHELL] = "=",
		[TEXT_EDIT_YAML] = ": ",
		[TEXT_EDIT_CONFUSE] = " = ",
	};
	const char *quote = style == TEXT_EDIT_CONFUSE ? "\"" : "";

	return asprintf(ret, "%s%s%s%s%s", key, formats[style], quote, value, quote);
}

char *text_edit_set(
	const char *text, enum text_edit_style style, const char *key, const char *value)
{
	struct edit_line line;
	char *whole = NULL;
	char *out = NULL;

	if (find_key(text, style, key, &line)) {
		if (!line.is_comment && line.value_size == strlen(value) &&
			memcmp(line.value, value, line.value_size) == 0)
			return strdup(text);
		if (!line.is_comment)
			return splice(text, line.value, line.value + line.value_size, value);
		if (format_line(&whole, style, key, value) < 0)
			return NULL;
		out = splice(text, line.begin, line.end, whole);
	} else if (format_line(&whole, style, key, value) >= 0) {
		size_t size = strlen(text);
		const char *gap = size && text[size - 1] != '\n' ? "\n" : "";

		if (asprintf(&out, "%s%s%s\n", text, gap, whole) < 0)
			out = NULL;
	} else {
		return NULL;
	}
	free(whole);
	return out;
}

char *text_edit_get(const char *text, enum text_edit_style style, const char *key)
{
	struct edit_line line;

	if (!find_key(text, style, key, &line) || line.is_comment)
		return NULL;
	return strndup(line.value, line.value_size);
}

bool text_edit_next_key(const char *text, enum text_edit_style style, unsigned long *at, char *key,
	unsigned long size)
{
	struct edit_line line;
	const char *next;

	while ((next = next_line(text + *at, style, &line))) {
		*at = (unsigned long)(next - text);
		if (!line.key_size || line.is_comment || line.key_size >= size)
			continue;
		memcpy(key, line.key, line.key_size);
		key[line.key_size] = '\0';
		return true;
	}
	return false;
}

char *text_edit_append(const char *text, const char *lines)
{
	size_t size = strlen(text);
	const char *found = strstr(text, lines);
	char *out = NULL;

	if (found && (found == text || found[-1] == '\n'))
		return strdup(text);
	if (asprintf(&out, "%s%s%s", text, size && text[size - 1] != '\n' ? "\n" : "", lines) < 0)
		return NULL;
	return out;
}
