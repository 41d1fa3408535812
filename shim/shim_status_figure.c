/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim_status_figure.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* Between groups of digits: as wide as nothing, and no line is broken there. */
#define THIN_SPACE "&#8239;"

void shim_status_put_count(const struct shim_out *out, uint64_t count)
{
	char digits[8];

	if (count < 1000) {
		shim_out_number(out, count);
		return;
	}
	shim_status_put_count(out, count / 1000);
	(void)snprintf(digits, sizeof(digits), "%03" PRIu64, count % 1000);
	shim_out_put(out, THIN_SPACE);
	shim_out_put(out, digits);
}

/* With one digit after the point below ten. */
static void put_scaled(const struct shim_out *out, double value, const char *unit)
{
	char text[48];
	bool is_whole = value >= 9.95 || value == (double)(unsigned)value;

	(void)snprintf(text, sizeof(text), "%.*f", is_whole ? 0 : 1, value);
	shim_out_put(out, text);
	shim_out_put(out, THIN_SPACE);
	shim_out_put(out, unit);
}

void shim_status_put_age(const struct shim_out *out, double seconds)
{
	if (seconds < 100)
		put_scaled(out, seconds, "s");
	else if (seconds < 6000)
		put_scaled(out, seconds / 60, "min");
	else if (seconds < 172800)
		put_scaled(out, seconds / 3600, "h");
	else
		put_scaled(out, seconds / 86400, "d");
}

void shim_status_put_bytes(const struct shim_out *out, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t i = 0;

	while (bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		i++;
	}
	if (i == 0)
		shim_out_number(out, (uint64_t)bytes);
	else
		put_scaled(out, bytes, units[i]);
}

void shim_status_put_value(
	const struct shim_out *out, const json_t *value, enum shim_status_kind kind)
{
	double number = json_number_value(value) > 0 ? json_number_value(value) : 0;

	if (!json_is_string(value) && !json_is_number(value)) {
		shim_out_put(out, "\xe2\x80\x93");
		return;
	}
	switch (kind) {
	case SHIM_STATUS_TEXT:
		shim_out_text(out, json_is_string(value) ? json_string_value(value) : "");
		break;
	case SHIM_STATUS_COUNT:
		shim_status_put_count(out, (uint64_t)number);
		break;
	case SHIM_STATUS_PLAIN:
		shim_out_number(out, (uint64_t)number);
		break;
	case SHIM_STATUS_KIB:
		shim_status_put_bytes(out, number * 1024);
		break;
	case SHIM_STATUS_SECONDS:
		shim_status_put_age(out, number);
		break;
	}
}
