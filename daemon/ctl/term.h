#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines for people. Colours say what a thing means, and are there on a terminal only; whatever
 * is printed through here is escaped as printable.h says, names of strangers included.
 */

#include <stdbool.h>

#include "daemon/base/attr.h"

enum term_tone {
	TONE_PLAIN,
	TONE_GOOD, /* as it should be */
	TONE_WARN, /* look at it */
	TONE_BAD,  /* does not work */
	TONE_DIM,  /* beside the point */
	TONE_HEAD, /* what a column or a section is */
	TONE_COUNT
};

struct term {
	unsigned columns; /* of the terminal; 0: none, nothing is cut or wrapped */
	bool has_color;
};

/** term_init() - once, at the start: the character set, which is UTF-8 whatever LANG says */
void term_init(void);

/** term_stdout() - what stdout is. @color: auto, always or never; with auto NO_COLOR counts, too */
struct term term_stdout(const char *color);

/** term_print() - a part of a line on stdout */
void ATTR_PRINTF(3, 4)
	term_print(const struct term *t, enum term_tone tone, const char *format, ...);

/** term_line() - the same, and the end of the line */
void ATTR_PRINTF(3, 4)
	term_line(const struct term *t, enum term_tone tone, const char *format, ...);

/** term_error() - a line on stderr, after the name that the program was called by */
void ATTR_PRINTF(1, 2) term_error(const char *format, ...);

/** term_width() - columns that printable @text takes on a terminal */
unsigned term_width(const char *text);

/** term_fit() - how many bytes of printable @text fit into @columns. @ret_columns: what they take
 */
unsigned term_fit(const char *text, unsigned columns, unsigned *ret_columns);
