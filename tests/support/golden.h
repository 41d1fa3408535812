#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Golden files, tests/golden/NAME.hex: bytes as pairs of hex digits, blanks between them as one
 * likes, '#' up to the end of the line is a comment that says which field it is.
 */

#include <stddef.h>
#include <stdint.h>

/** A golden message. */
struct golden {
	size_t size;
	uint8_t data[70000]; /* the largest packet of LSAPI, 65535 bytes, fits */
};

/** golden_read() - fails the running test if the file is missing, malformed or too large */
void golden_read(const char *name, struct golden *ret_golden);
