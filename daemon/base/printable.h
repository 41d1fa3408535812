#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Text of strangers for a terminal and for JSON: valid UTF-8 without control characters and
 * without what turns the direction of writing, so that nobody's .htaccess moves an administrator's
 * cursor.
 */

#include <stddef.h>

/**
 * printable_copy() - @text into @out, with ? for what can not be shown
 * @size: of @out, at least 4; what does not fit ends in "..."
 */
void printable_copy(char *out, size_t size, const char *text);

/** printable_clean() - the same in place */
void printable_clean(char *text);
