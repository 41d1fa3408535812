/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/access_format.h"

#include <string.h>
#include <strings.h>

/*
 * A line of JSON with all of them at their longest stays below 4096 bytes, which is what a pipe
 * takes from several processes without mixing it (PIPE_BUF).
 */
const struct access_field_row access_fields[ACCESS_FIELD_COUNT] = {
	[ACCESS_TIME] = { "time", NULL, 40 },
	[ACCESS_CLIENT] = { "client", NULL, 64 },
	[ACCESS_VHOST] = { "vhost", NULL, 256 },
	[ACCESS_USER] = { "user", "lsapi-user", 64 },
	[ACCESS_METHOD] = { "method", NULL, 32 },
	[ACCESS_URI] = { "uri", NULL, 1024 },
	[ACCESS_QUERY] = { "query", NULL, 768 },
	[ACCESS_SCRIPT] = { "script", NULL, 768 },
	[ACCESS_STATUS] = { "status", NULL, 0 },
	[ACCESS_BYTES] = { "bytes", NULL, 0 },
	[ACCESS_QUEUE_US] = { "queue_us", "lsapi-queue-us", 0 },
	[ACCESS_START_US] = { "start_us", "lsapi-start-us", 0 },
	[ACCESS_KIND] = { "kind", "lsapi-kind", 16 },
	[ACCESS_FIRST_US] = { "first_us", "lsapi-first-us", 0 },
	[ACCESS_TOTAL_US] = { "total_us", "lsapi-total-us", 0 },
	[ACCESS_CPU_US] = { "cpu_us", "lsapi-cpu-us", 0 },
	[ACCESS_PEAK_BYTES] = { "peak_bytes", "lsapi-peak-bytes", 0 },
	[ACCESS_PID] = { "pid", "lsapi-pid", 0 },
	[ACCESS_OUTCOME] = { "outcome", "lsapi-outcome", 64 },
};

static bool add(struct access_format *f, struct access_piece piece)
{
	if (f->count == ACCESS_PIECES_MAX)
		return false;
	f->piece[f->count++] = piece;
	return true;
}

static bool find_field(const char *name, size_t size, enum access_field *ret_field)
{
	for (size_t i = 0; i < ACCESS_FIELD_COUNT; i++) {
		if (strlen(access_fields[i].name) == size &&
			memcmp(access_fields[i].name, name, size) == 0) {
			*ret_field = (enum access_field)i;
			return true;
		}
	}
	return false;
}

/* @at: behind the percent sign. Return: behind what it began; NULL and why */
static const char *parse_percent(
	const char *at, struct access_piece *ret_piece, const char **reterr_why)
{
	const char *end;

	if (*at == '%') {
		*ret_piece = (struct access_piece){ .text = at, .size = 1 };
		return at + 1;
	}
	end = *at == '{' ? strchr(at, '}') : NULL;
	if (!end) {
		*reterr_why = "after % comes {name} or another %";
		return NULL;
	}
	*ret_piece = (struct access_piece){ .text = NULL };
	if (find_field(at + 1, (size_t)(end - at) - 1, &ret_piece->field))
		return end + 1;
	*reterr_why = "it has a name in %{...} that is none, see mod_lsapi(7)";
	return NULL;
}

const char *access_format_parse(const char *text, struct access_format *ret_format)
{
	const char *why = NULL;

	*ret_format = (struct access_format){ .is_json = strcasecmp(text, "json") == 0 };
	if (ret_format->is_json)
		return NULL;
	while (*text) {
		struct access_piece piece = { .text = text, .size = strcspn(text, "%") };

		if (piece.size > 0)
			text += piece.size;
		else
			text = parse_percent(text + 1, &piece, &why);
		if (!text)
			return why;
		if (!add(ret_format, piece))
			return "it has too many parts";
	}
	return ret_format->count ? NULL : "it is empty";
}

bool access_format_needs_usage(const struct access_format *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (!f->piece[i].text && (f->piece[i].field == ACCESS_CPU_US ||
						 f->piece[i].field == ACCESS_PEAK_BYTES))
			return true;
	return f->is_json;
}
