/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report_part.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "proto/lease_note.h"

json_t *report_text(const char *s)
{
	json_t *j = json_string(s ? s : "");

	return j ? j : json_string("(not UTF-8)");
}

void report_set_uint(json_t *o, const char *key, uint64_t v)
{
	(void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

void report_set_text(json_t *o, const char *key, const char *s)
{
	(void)json_object_set_new(o, key, report_text(s));
}

void report_set_foreign(json_t *o, const char *key, const char *s)
{
	char plain[4 * LEASE_NOTE_TEXT]; /* a byte grows to \xNN at most */

	(void)log_put_text(plain, sizeof(plain), s, strlen(s));
	report_set_text(o, key, plain);
}

/* to the millisecond */
double report_seconds(uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	return (double)ms / 1000.0;
}

json_t *report_reasons(const uint64_t counts[REASON_COUNT])
{
	json_t *o = json_object();

	for (unsigned i = 0; i < REASON_COUNT; i++) {
		if (counts[i])
			report_set_uint(o, reason_name(i), counts[i]);
	}
	return o;
}

char *report_dump(json_t *o)
{
	char *out = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return out;
}
