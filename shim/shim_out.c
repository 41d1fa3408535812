/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_out.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void shim_out_put(const struct shim_out *out, const char *text)
{
	out->write(out->sink, text, strlen(text));
}

void shim_out_number(const struct shim_out *out, uint64_t number)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	out->write(out->sink, digits, (size_t)n);
}

/* Of a sequence of UTF-8 by its first byte; 0: such a byte begins none. */
static size_t sequence_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Overlong forms, surrogates and what is above U+10FFFF have bounds for the second byte. */
static bool is_second(unsigned char first, unsigned char second)
{
	unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= least && second <= most;
}

/* C0, DEL, C1; marks, embeddings and isolates of direction; what breaks lines. Source: UAX 9. */
static bool is_odd(const unsigned char *s, size_t size)
{
	if (size == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (size == 2)
		return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c);
	if (size != 3 || s[0] != 0xe2)
		return false;
	return (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
	       (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

/** shim_out's view of text: the next character, or byte that is part of none. */
struct piece {
	size_t size;
	bool is_shown; /* as itself */
};

static struct piece piece_at(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t size = sequence_size(s[0]);

	if (size == 0 || (size > 1 && !is_second(s[0], s[1])))
		return (struct piece){ .size = 1 };
	/* a NUL ends this as any other byte that does not follow */
	for (size_t i = 2; i < size; i++)
		if ((s[i] & 0xc0) != 0x80)
			return (struct piece){ .size = 1 };
	return (struct piece){ .size = size, .is_shown = !is_odd(s, size) };
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void put_bytes(const struct shim_out *out, const char *mark, const char *s, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)s[i];

		shim_out_put(out, mark);
		out->write(out->sink, &digits[byte >> 4], 1);
		out->write(out->sink, &digits[byte & 15], 1);
	}
}

static void put_text(const struct shim_out *out, const char *text, bool is_html)
{
	const char *from = text; /* what is shown as it is goes out in one piece */

	while (*text) {
		struct piece p = piece_at(text);
		const char *as = is_html ? entity(*text) : NULL;

		if (p.is_shown && !as) {
			text += p.size;
			continue;
		}
		out->write(out->sink, from, (size_t)(text - from));
		if (as)
			shim_out_put(out, as);
		else
			put_bytes(out, "\\x", text, p.size);
		text += p.size;
		from = text;
	}
	out->write(out->sink, from, (size_t)(text - from));
}

void shim_out_text(const struct shim_out *out, const char *text)
{
	put_text(out, text, true);
}

void shim_out_line(const struct shim_out *out, const char *text)
{
	put_text(out, text, false);
}

void shim_out_query(const struct shim_out *out, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			out->write(out->sink, text, 1);
		else
			put_bytes(out, "%", text, 1);
	}
}
