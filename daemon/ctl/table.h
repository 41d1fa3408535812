#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A table for people. On a terminal its columns are as wide as they have to be and together no
 * wider than the terminal, as far as a column may be cut; notes stand below their row. Else
 * nothing is cut, each row is one line, and the notes follow the table, each one with its row's
 * name. Cells and notes are escaped. What needs memory and gets none is left out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ctl/term.h"

#define TABLE_MAX_COLUMNS 24U

struct table_column {
	const char *title;
	bool is_right;  /* figures */
	bool is_name;   /* names the row in what follows the table; one of them */
	unsigned least; /* on a terminal it may be cut to so many columns; 0: never */
	unsigned rank;  /* a terminal that is still too narrow lacks the highest; 0: never */
};

struct table;

/** table_new() - @columns: borrowed, @count of them. Return: table_free() it; NULL: memory */
struct table *table_new(const struct table_column *columns, size_t count);

/** table_free() - NULL is fine. Return: NULL */
struct table *table_free(struct table *t);

/** table_cell() - the next cell, row by row; an empty one is shown as - */
void ATTR_PRINTF(3, 4) table_cell(struct table *t, enum term_tone tone, const char *format, ...);

/** table_note() - a line about the row that was begun last */
void ATTR_PRINTF(3, 4) table_note(struct table *t, enum term_tone tone, const char *format, ...);

/** table_rows() - how many were begun */
size_t table_rows(const struct table *t);

/** table_print() - on stdout; nothing if it has no row */
void table_print(const struct table *t, const struct term *term);
