#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Edits of the texts of panels and of Apache, each the smallest that does it: all else stays byte
 * for byte, and to do it again changes nothing. Pure.
 *
 * All return a malloc'ed string, which is equal to @text if nothing had to be done; NULL: memory.
 */

#include <stdbool.h>

/** How a file says KEY and VALUE. */
enum text_edit_style {
	TEXT_EDIT_SHELL,  /* KEY=VALUE: options.conf of custombuild */
	TEXT_EDIT_YAML,   /* KEY: VALUE at the beginning of a line, perhaps in quotes: php.conf */
	TEXT_EDIT_CONFUSE /* KEY = "VALUE": lsapid.conf; a line that is commented out is taken */
};

/** text_edit_set() - @key has @value; a line is appended if no line has @key */
char *text_edit_set(
	const char *text, enum text_edit_style style, const char *key, const char *value);

/** text_edit_get() - the value of @key, without quotes. Return: malloc'ed; NULL: there is none */
char *text_edit_get(const char *text, enum text_edit_style style, const char *key);

/** text_edit_next_key() - walks the keys of a text; false at the end
 * @at:   0 at first
 * @size: of @key; longer ones are left out */
bool text_edit_next_key(const char *text, enum text_edit_style style, unsigned long *at, char *key,
	unsigned long size);

/** text_edit_append() - @lines at the end, if they are not in there; they end with a newline */
char *text_edit_append(const char *text, const char *lines);
