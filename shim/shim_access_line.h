#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One line of the access log. Pure. Values are of strangers: nothing of them ends a line or a
 * field, or is more than a character to a terminal; and JSON is valid UTF-8.
 */

#include <stddef.h>
#include <stdint.h>

#include "proto/access_format.h"

/** With its end; what a pipe takes in one piece from several processes (PIPE_BUF). */
#define SHIM_ACCESS_LINE_SIZE 4096U

struct shim_access_value {
	const char *text; /* of a text; NULL: not known */
	uint64_t number;
	bool has_number;
};

/** Decimal digits of 64 bits, and a NUL. */
#define SHIM_ACCESS_NUMBER_SIZE 21U

/** shim_access_number() - as text, which ends at the end of @out. Return: its begin */
const char *shim_access_number(uint64_t number, char out[SHIM_ACCESS_NUMBER_SIZE]);

/**
 * shim_access_line() - by the format, with a newline; what is not known is - or null
 *
 * A text that is longer than its field may be ends in "...".
 *
 * Return: bytes written; there is no NUL.
 */
size_t shim_access_line(const struct access_format *format,
	const struct shim_access_value value[ACCESS_FIELD_COUNT], char out[SHIM_ACCESS_LINE_SIZE]);
