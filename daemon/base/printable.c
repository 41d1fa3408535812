/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_continuation(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* U+200B to 200F, 2028 to 202E, 2060 to 206F, FEFF: without width, or turning what follows around.
 */
static bool is_invisible(const uint8_t c[3])
{
	if (c[0] == 0xe2 && c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
	if (c[0] == 0xe2 && c[1] == 0x81)
		return c[2] >= 0xa0 && c[2] <= 0xaf;
	return c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf;
}

/* Bytes of the character that @text begins with; 0: none that can be shown. */
static size_t character_size(const char *text)
{
	const uint8_t *c = (const uint8_t *)text;

	if (c[0] < 0x80)
		return c[0] >= ' ' && c[0] != 0x7f;
	size_t size = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;

	for (size_t i = 1; i < size; i++)
		if (!is_continuation(c[i])) /* the NUL is none, too */
			return 0;
	/* overlong forms, controls (C1), surrogates, and what is beyond U+10FFFF */
	if (size == 2)
		return c[0] >= 0xc3 || (c[0] == 0xc2 && c[1] >= 0xa0) ? 2 : 0;
	if (size == 3 && is_invisible(c))
		return 0;
	if (size == 3)
		return (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ? 0 : 3;
	return c[0] > 0xf4 || (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90) ? 0
											      : 4;
}

void printable_copy(char *out, size_t size, const char *text)
{
	size_t used = 0;
	size_t fitting = 0; /* as much as leaves room for the dots */

	while (*text) {
		size_t bytes = character_size(text);
		const char *from = bytes ? text : "?";
		size_t n = bytes ? bytes : 1;

		if (used + n >= size) {
			memcpy(out + fitting, "...", 4);
			return;
		}
		memcpy(out + used, from, n);
		used += n;
		if (used + 4 <= size)
			fitting = used;
		text += n;
	}
	out[used] = '\0';
}

void printable_clean(char *text)
{
	char *out = text;

	while (*text) {
		size_t bytes = character_size(text);

		if (bytes)
			memmove(out, text, bytes);
		else
			*out = '?';
		out += bytes ? bytes : 1;
		text += bytes ? bytes : 1;
	}
	*out = '\0';
}
