/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/printable.h"

/** Where nothing is cut, one long cell must not make all lines long. */
#define WIDEST_PAD 48U
/** Between two columns. */
#define GAP 2U

struct piece {
	char *text; /* owned; printable; NULL: there was no memory */
	enum term_tone tone;
	size_t row;
};

struct pieces {
	struct piece *item; /* owned */
	size_t count, room;
};

struct table {
	const struct table_column *column; /* borrowed */
	size_t columns;
	struct pieces cells; /* row by row */
	struct pieces notes;
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *t = calloc(1, sizeof(*t));

	assert(count > 0 && count <= TABLE_MAX_COLUMNS);
	if (t) {
		t->column = columns;
		t->columns = count;
	}
	return t;
}

static void pieces_deinit(struct pieces *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->item[i].text);
	free(p->item);
}

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	pieces_deinit(&t->cells);
	pieces_deinit(&t->notes);
	free(t);
	return NULL;
}

static void ATTR_PRINTF(4, 0)
	add(struct pieces *p, size_t row, enum term_tone tone, const char *format, va_list args)
{
	struct piece piece = { .tone = tone, .row = row };

	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 256;
		struct piece *more = reallocarray(p->item, room, sizeof(*more));

		if (!more)
			return;
		p->item = more;
		p->room = room;
	}
	if (vasprintf(&piece.text, format, args) < 0)
		piece.text = NULL;
	else
		printable_clean(piece.text);
	p->item[p->count++] = piece;
}

size_t table_rows(const struct table *t)
{
	return (t->cells.count + t->columns - 1) / t->columns;
}

void table_cell(struct table *t, enum term_tone tone, const char *format, ...)
{
	va_list args;

	if (!t)
		return;
	va_start(args, format);
	add(&t->cells, t->cells.count / t->columns, tone, format, args);
	va_end(args);
}

void table_note(struct table *t, enum term_tone tone, const char *format, ...)
{
	va_list args;

	if (!t || !t->cells.count)
		return;
	va_start(args, format);
	add(&t->notes, table_rows(t) - 1, tone, format, args);
	va_end(args);
}

static const char *shown(const struct piece *p)
{
	return p->text && *p->text ? p->text : "-";
}

static void measure(const struct table *t, unsigned width[])
{
	for (size_t c = 0; c < t->columns; c++)
		width[c] = term_width(t->column[c].title);
	for (size_t i = 0; i < t->cells.count; i++) {
		unsigned w = term_width(shown(&t->cells.item[i]));

		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
}

static unsigned sum_of(const struct table *t, const unsigned width[])
{
	unsigned sum = 0;

	for (size_t c = 0; c < t->columns; c++)
		if (width[c])
			sum += width[c] + (sum ? GAP : 0);
	return sum;
}

/* The widest that may be cut; t->columns: none. */
static size_t find_widest(const struct table *t, const unsigned width[])
{
	size_t widest = t->columns;

	for (size_t c = 0; c < t->columns; c++)
		if (t->column[c].least && width[c] > t->column[c].least &&
			(widest == t->columns || width[c] > width[widest]))
			widest = c;
	return widest;
}

/* The one that is missed least; t->columns: none. */
static size_t find_surplus(const struct table *t, const unsigned width[])
{
	size_t surplus = t->columns;

	for (size_t c = 0; c < t->columns; c++)
		if (width[c] && t->column[c].rank &&
			(surplus == t->columns || t->column[c].rank > t->column[surplus].rank))
			surplus = c;
	return surplus;
}

/* Cuts, and where that does not do leaves columns out: their width is 0. */
static void squeeze(const struct table *t, unsigned width[], unsigned columns)
{
	unsigned whole[TABLE_MAX_COLUMNS];
	size_t c;

	for (;;) {
		memcpy(whole, width, sizeof(whole));
		while (sum_of(t, whole) > columns && (c = find_widest(t, whole)) < t->columns)
			whole[c]--;
		c = find_surplus(t, width);
		if (sum_of(t, whole) <= columns || c == t->columns)
			break;
		width[c] = 0;
	}
	memcpy(width, whole, sizeof(whole));
}

static void print_cell(const struct table *t, const struct term *term, size_t c, const char *text,
	enum term_tone tone, unsigned width)
{
	unsigned taken = 0;
	unsigned whole = term_width(text);
	bool is_cut = term->columns && t->column[c].least && whole > width;
	unsigned bytes = term_fit(text, is_cut ? width - 1 : whole, &taken);
	unsigned used = taken + (is_cut ? 1 : 0);
	unsigned pad = used < width ? width - used : 0;
	bool is_last = c + 1 == t->columns;

	if (!width)
		return;
	if (t->column[c].is_right)
		(void)printf("%*s", (int)pad, "");
	term_print(term, tone, "%.*s%s", (int)bytes, text, is_cut ? "\xe2\x80\xa6" : "");
	if (!is_last)
		(void)printf("%*s", (int)(GAP + (t->column[c].is_right ? 0 : pad)), "");
}

static void print_row(
	const struct table *t, const struct term *term, size_t row, const unsigned width[])
{
	for (size_t c = 0; c < t->columns; c++) {
		size_t i = row * t->columns + c;
		static const struct piece none = { .text = NULL };
		const struct piece *p = i < t->cells.count ? &t->cells.item[i] : &none;

		print_cell(t, term, c, shown(p), p->tone, width[c]);
	}
	(void)putchar('\n');
}

static const char *name_of(const struct table *t, size_t row)
{
	for (size_t c = 0; c < t->columns; c++)
		if (t->column[c].is_name && row * t->columns + c < t->cells.count)
			return shown(&t->cells.item[row * t->columns + c]);
	return "-";
}

void table_print(const struct table *t, const struct term *term)
{
	unsigned width[TABLE_MAX_COLUMNS] = { 0 };
	size_t note = 0;

	if (!t || !table_rows(t))
		return;
	measure(t, width);
	if (term->columns)
		squeeze(t, width, term->columns);
	for (size_t c = 0; c < t->columns && !term->columns; c++)
		width[c] = width[c] < WIDEST_PAD ? width[c] : WIDEST_PAD;
	for (size_t c = 0; c < t->columns; c++)
		print_cell(t, term, c, t->column[c].title, TONE_HEAD, width[c]);
	(void)putchar('\n');
	for (size_t row = 0; row < table_rows(t); row++) {
		print_row(t, term, row, width);
		for (; term->columns && note < t->notes.count && t->notes.item[note].row == row;
			note++)
			term_line(term, t->notes.item[note].tone, "    %s",
				shown(&t->notes.item[note]));
	}
	for (; note < t->notes.count; note++)
		term_line(term, t->notes.item[note].tone, "%s: %s",
			name_of(t, t->notes.item[note].row), shown(&t->notes.item[note]));
}
