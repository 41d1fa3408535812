#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Strict parsing of what people write (numbers, durations, sizes), and bounded copies. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"

/** str_copy() - copy with truncation; always NUL-terminated. Return: true if all of it fit */
bool str_copy(char *dst, size_t dst_size, const char *src);

/** str_parse_uint() - decimal digits only, within [min, max]. Return: true on success */
bool str_parse_uint(
	const char *text, uint64_t min, uint64_t max, uint64_t *ret_value) ATTR_MUST_USE;

/** str_parse_int() - the same with a minus sign in front of it. Return: true on success */
bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value) ATTR_MUST_USE;

/** str_parse_duration() - "30", "30s", "500ms", "5m", "2h", "1d"; no unit means seconds */
bool str_parse_duration(const char *text, uint64_t *ret_ms) ATTR_MUST_USE;

/** str_parse_size() - "65536", "64K", "16M", "2G" (powers of 1024); no unit means bytes */
bool str_parse_size(const char *text, uint64_t *ret_bytes) ATTR_MUST_USE;

/** str_equal_const_time() - compare secrets of the same size without telling where they differ */
bool str_equal_const_time(const void *a, const void *b, size_t size);
