/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/term.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "daemon/base/printable.h"

/** A terminal that does not say how wide it is. */
#define USUAL_COLUMNS 80U

static const char *const codes[] = {
	[TONE_PLAIN] = "",
	[TONE_GOOD] = "\x1b[32m",
	[TONE_WARN] = "\x1b[33m",
	[TONE_BAD] = "\x1b[1;31m",
	[TONE_DIM] = "\x1b[2m",
	[TONE_HEAD] = "\x1b[1m",
};
_Static_assert(sizeof(codes) / sizeof(codes[0]) == TONE_COUNT, "a code for each tone");

void term_init(void)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	/* NOLINTEND(concurrency-mt-unsafe) */
}

struct term term_stdout(const char *color)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): one thread */
	const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");
	bool is_terminal = isatty(STDOUT_FILENO);
	/* NOLINTEND(concurrency-mt-unsafe) */
	bool is_dumb = (no_color && *no_color) || (kind && strcmp(kind, "dumb") == 0);
	struct term t = { .columns = 0 };
	struct winsize size = { .ws_col = 0 };

	if (is_terminal) {
		(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		t.columns = size.ws_col ? size.ws_col : USUAL_COLUMNS;
	}
	t.has_color = strcmp(color, "always") == 0 ||
		      (strcmp(color, "auto") == 0 && is_terminal && !is_dumb);
	return t;
}

static void ATTR_PRINTF(3, 0) print(FILE *out, const char *code, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		return;
	printable_clean(text);
	(void)fprintf(out, "%s%s%s", code, text, *code ? "\x1b[0m" : "");
	free(text);
}

void term_print(const struct term *t, enum term_tone tone, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stdout, t->has_color ? codes[tone] : "", format, args);
	va_end(args);
}

void term_line(const struct term *t, enum term_tone tone, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stdout, t->has_color ? codes[tone] : "", format, args);
	va_end(args);
	(void)putchar('\n');
}

void term_error(const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	print(stderr, "", format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

unsigned term_fit(const char *text, unsigned columns, unsigned *ret_columns)
{
	size_t size = strlen(text), used = 0;
	mbstate_t state = { 0 };

	*ret_columns = 0;
	while (used < size) {
		wchar_t c;
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
		size_t n = mbrtowc(&c, text + used, size - used, &state);
		int width = n <= size ? wcwidth(c) : 1;

		if (n == 0 || n > size) { /* not printable.h's: byte by byte */
			n = 1;
			memset(&state, 0, sizeof(state));
		}
		width = width < 0 ? 1 : width;
		if (*ret_columns + (unsigned)width > columns)
			break;
		*ret_columns += (unsigned)width;
		used += n;
	}
	return (unsigned)used;
}

unsigned term_width(const char *text)
{
	unsigned columns;

	(void)term_fit(text, UINT_MAX / 2, &columns);
	return columns;
}
