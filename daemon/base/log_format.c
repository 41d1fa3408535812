/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"

#define LOG_CUT_MARK "..."

/** A line that grows by whole units (a character, an escape), so that a cut never splits one. */
struct log_line {
	char *out; /* borrowed: caller */
	size_t size;
	size_t used;
	size_t last_safe; /* longest length, at the end of a unit, that leaves room for the mark */
	bool is_cut;
};

static void line_put(struct log_line *l, const char *unit, size_t size)
{
	if (l->is_cut)
		return;
	if (size >= l->size - l->used) {
		l->is_cut = true;
		return;
	}
	memcpy(l->out + l->used, unit, size);
	l->used += size;
	if (l->used + sizeof(LOG_CUT_MARK) <= l->size)
		l->last_safe = l->used;
}

static void line_put_text(struct log_line *l, const char *text)
{
	for (; *text; text++)
		line_put(l, text, 1);
}

static size_t line_end(struct log_line *l)
{
	if (l->is_cut) {
		size_t room = l->size - 1 - l->last_safe;
		size_t mark = sizeof(LOG_CUT_MARK) - 1;

		l->used = l->last_safe;
		if (mark > room)
			mark = room;
		memcpy(l->out + l->used, LOG_CUT_MARK, mark);
		l->used += mark;
	}
	l->out[l->used] = '\0';
	return l->used;
}

/* Length of a well-formed UTF-8 sequence of two bytes or more at @p and its code point; else 0. */
static size_t utf8_decode(const char *text, uint32_t *ret_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t size;
	uint32_t point;

	if ((p[0] & 0xe0) == 0xc0)
		size = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		size = 3;
	else if ((p[0] & 0xf8) == 0xf0)
		size = 4;
	else
		return 0;
	point = p[0] & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0; /* also the final NUL */
		point = point << 6 | (p[i] & 0x3fU);
	}
	if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return size;
}

/* Characters that a terminal or a reader does not show, or that rearrange what stands around. */
static bool is_invisible(uint32_t point)
{
	return point < 0xa1 || point == 0xad || point == 0x61c || point == 0x180e ||
	       (point >= 0x2000 && point <= 0x200f) || (point >= 0x2028 && point <= 0x202f) ||
	       (point >= 0x205f && point <= 0x206f) || point == 0x3000 || point == 0xfeff ||
	       (point >= 0xe000 && point <= 0xf8ff) || (point >= 0xfff0 && point <= 0xffff) ||
	       point >= 0xe0000;
}

/* How many bytes at @p may stand as they are; 0: one byte has to be escaped. */
static size_t plain_size(const char *p)
{
	unsigned char c = (unsigned char)*p;
	uint32_t point;
	size_t size;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
	size = utf8_decode(p, &point);
	return size && !is_invisible(point) ? size : 0;
}

static bool needs_quotes(const char *text)
{
	if (!*text || strcmp(text, "-") == 0)
		return true;
	while (*text) {
		size_t size = plain_size(text);

		if (!size || *text == ' ' || *text == '=')
			return true;
		text += size;
	}
	return false;
}

static void line_put_escape(struct log_line *l, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char unit[4] = { '\\', 'x', hex[c >> 4], hex[c & 0xf] };
	size_t size = 2;

	switch (c) {
	case '"':
	case '\\':
		unit[1] = (char)c;
		break;
	case '\n':
		unit[1] = 'n';
		break;
	case '\r':
		unit[1] = 'r';
		break;
	case '\t':
		unit[1] = 't';
		break;
	default:
		size = 4;
	}
	line_put(l, unit, size);
}

static void line_put_value(struct log_line *l, const char *text)
{
	if (!text) {
		line_put(l, "-", 1);
		return;
	}
	if (!needs_quotes(text)) {
		for (size_t size; *text; text += size) {
			size = plain_size(text);
			line_put(l, text, size);
		}
		return;
	}
	line_put(l, "\"", 1);
	while (*text && !l->is_cut) {
		size_t size = plain_size(text);

		if (size)
			line_put(l, text, size);
		else
			line_put_escape(l, (unsigned char)*text);
		text += size ? size : 1;
	}
	line_put(l, "\"", 1);
}

bool log_put_number(const struct log_field *f, char out[LOG_NUMBER_SIZE])
{
	switch (f->type) {
	case LOG_FIELD_STR:
		return false;
	case LOG_FIELD_INT:
		(void)snprintf(out, LOG_NUMBER_SIZE, "%" PRId64, f->i);
		return true;
	case LOG_FIELD_UINT:
		(void)snprintf(out, LOG_NUMBER_SIZE, "%" PRIu64, f->u);
		return true;
	case LOG_FIELD_ERRNO:
		(void)snprintf(out, LOG_NUMBER_SIZE, "%s", err_name((int)f->i));
		return f->i != 0;
	}
	return false;
}

static void line_put_field(struct log_line *l, const struct log_field *f)
{
	char number[LOG_NUMBER_SIZE];
	bool is_number = log_put_number(f, number);

	if (!is_number && f->type != LOG_FIELD_STR)
		return;
	line_put(l, " ", 1);
	line_put_text(l, f->key);
	line_put(l, "=", 1);
	if (is_number)
		line_put_text(l, number);
	else
		line_put_value(l, f->str);
}

size_t log_format(
	char *out, size_t size, const char *event, const struct log_field *fields, size_t count)
{
	struct log_line line = { .out = out, .size = size };

	if (!size)
		return 0;
	line_put_text(&line, event);
	for (size_t i = 0; i < count; i++)
		line_put_field(&line, &fields[i]);
	return line_end(&line);
}

size_t log_put_text(char *out, size_t size, const char *text, size_t text_size)
{
	struct log_line line = { .out = out, .size = size };
	char part[5] = { 0 };
	size_t at = 0;

	if (!size)
		return 0;
	while (at < text_size && !line.is_cut) {
		size_t left = text_size - at;
		size_t plain;

		/* a copy with an end: a sequence may be cut by the end of the text */
		memset(part, 0, sizeof(part));
		memcpy(part, text + at, left < sizeof(part) - 1 ? left : sizeof(part) - 1);
		/* quotes are no delimiters here, and names of PHP classes are full of backslashes
		 */
		plain = part[0] == '"' || part[0] == '\\' || part[0] == '\t' ? 1 : plain_size(part);
		if (plain)
			line_put(&line, part, plain);
		else
			line_put_escape(&line, (unsigned char)part[0]);
		at += plain ? plain : 1;
	}
	return line_end(&line);
}
