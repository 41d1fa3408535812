/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_access_line.h"

#include <string.h>

#define CUT_MARK "..."
/** One character, escaped: two surrogates never are, as what is not escaped stays as it is. */
#define UNIT_SIZE 8U

/** A line that grows by whole characters. */
struct line {
	char *out;
	size_t size; /* without the newline */
	size_t used;
};

const char *shim_access_number(uint64_t number, char out[SHIM_ACCESS_NUMBER_SIZE])
{
	char *at = out + SHIM_ACCESS_NUMBER_SIZE - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return at;
}

static bool put(struct line *l, const char *data, size_t size)
{
	if (size > l->size - l->used)
		return false;
	memcpy(l->out + l->used, data, size);
	l->used += size;
	return true;
}

/* Length of a well-formed UTF-8 sequence of two bytes or more, and what it stands for; else 0. */
static size_t utf8_decode(const char *text, uint32_t *ret_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t size = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
	uint32_t point = p[0] & (0xffU >> (size + 1));

	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
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

/* What changes how a terminal shows its surroundings. */
static bool is_unshown(uint32_t point)
{
	return point < 0xa0 || (point >= 0x200b && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
	       point == 0xfeff;
}

/* printf() for each character would be most of the work of a line. */
static size_t put_hex(char unit[UNIT_SIZE], char letter, uint32_t value, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";

	unit[0] = '\\';
	unit[1] = letter;
	for (unsigned i = 0; i < digits; i++)
		unit[2 + i] = hex[value >> 4 * (digits - 1 - i) & 0xf];
	return 2 + digits;
}

/* The next character of @text as JSON has it. Return: bytes of @text */
static size_t json_unit(const char *text, char unit[UNIT_SIZE], size_t *ret_size)
{
	unsigned char c = (unsigned char)*text;
	uint32_t point = 0xfffd;
	size_t used = 1;

	*ret_size = 0;
	if (c < 0x80) {
		if (c < 0x20 || c == 0x7f) {
			*ret_size = put_hex(unit, 'u', c, 4);
			return used;
		}
		if (c == '"' || c == '\\')
			unit[(*ret_size)++] = '\\';
		unit[(*ret_size)++] = *text;
		return used;
	}
	used = utf8_decode(text, &point);
	if (!used || is_unshown(point)) {
		*ret_size = put_hex(unit, 'u', point, 4);
		return used ? used : 1;
	}
	memcpy(unit, text, used);
	*ret_size = used;
	return used;
}

/* As a log line has it: a field never ends before its end. */
static size_t plain_unit(const char *text, char unit[UNIT_SIZE], size_t *ret_size)
{
	unsigned char c = (unsigned char)*text;

	unit[0] = *text;
	*ret_size = 1;
	if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\')
		*ret_size = put_hex(unit, 'x', c, 2);
	return 1;
}

/* Cut at a whole character, with room for the mark. */
static void put_text(struct line *l, const char *text, size_t max, bool is_json)
{
	size_t begin = l->used;
	size_t safe = begin;
	char unit[UNIT_SIZE];

	while (*text) {
		size_t size = 0;

		text += is_json ? json_unit(text, unit, &size) : plain_unit(text, unit, &size);
		if (l->used - begin + size > max || !put(l, unit, size)) {
			l->used = safe;
			(void)put(l, CUT_MARK, sizeof(CUT_MARK) - 1);
			return;
		}
		if (l->used - begin + sizeof(CUT_MARK) - 1 <= max)
			safe = l->used;
	}
}

static void put_number(struct line *l, uint64_t number)
{
	char text[SHIM_ACCESS_NUMBER_SIZE];
	const char *at = shim_access_number(number, text);

	(void)put(l, at, strlen(at));
}

static void put_json(struct line *l, const struct shim_access_value *value)
{
	for (size_t i = 0; i < ACCESS_FIELD_COUNT; i++) {
		const struct access_field_row *row = &access_fields[i];

		(void)put(l, i ? ",\"" : "{\"", 2);
		(void)put(l, row->name, strlen(row->name));
		(void)put(l, "\":", 2);
		if (row->max == 0 ? !value[i].has_number : !value[i].text) {
			(void)put(l, "null", 4);
		} else if (row->max == 0) {
			put_number(l, value[i].number);
		} else {
			(void)put(l, "\"", 1);
			put_text(l, value[i].text, row->max, true);
			(void)put(l, "\"", 1);
		}
	}
	(void)put(l, "}", 1);
}

static void put_field(
	struct line *l, const struct access_field_row *row, const struct shim_access_value *value)
{
	if (row->max == 0 ? !value->has_number : !value->text || !*value->text)
		(void)put(l, "-", 1);
	else if (row->max == 0)
		put_number(l, value->number);
	else
		put_text(l, value->text, row->max, false);
}

size_t shim_access_line(const struct access_format *format,
	const struct shim_access_value value[ACCESS_FIELD_COUNT], char out[SHIM_ACCESS_LINE_SIZE])
{
	struct line l = { .out = out, .size = SHIM_ACCESS_LINE_SIZE - 1 };

	if (format->is_json)
		put_json(&l, value);
	for (size_t i = 0; i < format->count; i++) {
		const struct access_piece *piece = &format->piece[i];

		if (!piece->text)
			put_field(&l, &access_fields[piece->field], &value[piece->field]);
		else if (!put(&l, piece->text, piece->size))
			break;
	}
	out[l.used++] = '\n';
	return l.used;
}
