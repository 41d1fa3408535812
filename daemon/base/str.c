/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/str.h"

#include <string.h>

/** A unit that may follow a number, and how many of the base unit it is. */
struct str_unit {
	const char *name;
	uint64_t factor;
};

bool str_copy(char *dst, size_t dst_size, const char *src)
{
	size_t size = strlen(src);
	size_t room;

	if (!dst_size)
		return false;
	room = size < dst_size ? size : dst_size - 1;
	memcpy(dst, src, room);
	dst[room] = '\0';
	return room == size;
}

/* Digits up to the first other character; false if there are none or they overflow. */
static bool str_parse_digits(const char *text, const char **ret_end, uint64_t *ret_value)
{
	const char *p = text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (p == text)
		return false;
	*ret_end = p;
	*ret_value = value;
	return true;
}

bool str_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;

	if (!str_parse_digits(text, &end, &value) || *end)
		return false;
	if (value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

bool str_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	bool is_negative = *text == '-';
	uint64_t size;
	int64_t value;

	if (!str_parse_uint(text + is_negative, 0, INT64_MAX, &size))
		return false;
	value = is_negative ? -(int64_t)size : (int64_t)size;
	if (value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

/* A number and one of @units, of which the one with the empty name stands for no unit. */
static bool str_parse_with_unit(
	const char *text, const struct str_unit *units, size_t unit_count, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;

	if (!str_parse_digits(text, &end, &value))
		return false;
	for (size_t i = 0; i < unit_count; i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (value > UINT64_MAX / units[i].factor)
			return false;
		*ret_value = value * units[i].factor;
		return true;
	}
	return false;
}

bool str_parse_duration(const char *text, uint64_t *ret_ms)
{
	static const struct str_unit units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60ULL * 1000 },
		{ "h", 60ULL * 60 * 1000 },
		{ "d", 24ULL * 60 * 60 * 1000 },
	};

	return str_parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_ms);
}

bool str_parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct str_unit units[] = {
		{ "", 1 },
		{ "K", 1ULL << 10 },
		{ "M", 1ULL << 20 },
		{ "G", 1ULL << 30 },
	};

	return str_parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_bytes);
}

bool str_equal_const_time(const void *a, const void *b, size_t size)
{
	/* volatile: the compiler must not learn to stop at the first difference */
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}
