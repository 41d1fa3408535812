/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

/** Of one value, before it is escaped. */
#define VALUE_SIZE 512U

static void put(struct metrics_labels *l, const char *text, size_t size)
{
	memcpy(l->text + l->used, text, size);
	l->used += size;
	l->text[l->used] = '\0';
}

/* Three characters have to be escaped; the rest is printable by now. */
static void put_value(struct metrics_labels *l, const char *value)
{
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put(l, "\\", 1);
		put(l, value, 1);
	}
}

void metrics_labels_add(struct metrics_labels *l, const char *name, const char *value)
{
	char plain[VALUE_SIZE];

	(void)log_put_text(plain, sizeof(plain), value, strlen(value));
	/* name, two for each byte of the value, ="", the comma and the end */
	if (l->used + strlen(name) + 2 * strlen(plain) + 5 > sizeof(l->text))
		return;
	if (l->used)
		put(l, ",", 1);
	put(l, name, strlen(name));
	put(l, "=\"", 2);
	put_value(l, plain);
	put(l, "\"", 1);
}

void metrics_begin(struct evbuffer *out, const struct metrics_family *f)
{
	(void)evbuffer_add_printf(out, "# TYPE %s %s\n", f->name, f->type);
	if (f->unit)
		(void)evbuffer_add_printf(out, "# UNIT %s %s\n", f->name, f->unit);
	(void)evbuffer_add_printf(out, "# HELP %s %s\n", f->name, f->help);
}

/* "name_suffix{labels} ": what stands before a value. */
static void put_name(struct evbuffer *out, const struct metrics_family *f, const char *suffix,
	const char *labels, const char *more)
{
	const char *some = labels ? labels : "";
	const char *comma = *some && *more ? "," : "";

	if (*some || *more)
		(void)evbuffer_add_printf(out, "%s%s{%s%s%s} ", f->name, suffix, some, comma, more);
	else
		(void)evbuffer_add_printf(out, "%s%s ", f->name, suffix);
}

void metrics_uint(struct evbuffer *out, const struct metrics_family *f, const char *suffix,
	const char *labels, uint64_t value)
{
	put_name(out, f, suffix, labels, "");
	(void)evbuffer_add_printf(out, "%" PRIu64 "\n", value);
}

void metrics_seconds(struct evbuffer *out, const struct metrics_family *f, const char *suffix,
	const char *labels, uint64_t ns)
{
	put_name(out, f, suffix, labels, "");
	(void)evbuffer_add_printf(out, "%" PRIu64 ".%09" PRIu64 "\n", (uint64_t)(ns / NS_PER_S),
		(uint64_t)(ns % NS_PER_S));
}

void metrics_times(struct evbuffer *out, const struct metrics_family *f, const char *labels,
	const struct figures_times *times)
{
	char bound[32];
	uint64_t count = 0;

	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		uint32_t us = latency_bound_us(i);

		count += times->bucket[i];
		if (us)
			(void)snprintf(bound, sizeof(bound), "le=\"%g\"", us / 1e6);
		else
			(void)snprintf(bound, sizeof(bound), "le=\"+Inf\"");
		/* whole numbers are written as such: "1.0", not "1" */
		if (us && us % 1000000 == 0)
			(void)snprintf(bound, sizeof(bound), "le=\"%" PRIu32 ".0\"", us / 1000000);
		put_name(out, f, "_bucket", labels, bound);
		(void)evbuffer_add_printf(out, "%" PRIu64 "\n", count);
	}
	/* a shim may be counting just now: the sum of its buckets is what holds */
	metrics_uint(out, f, "_count", labels, count);
	metrics_seconds(out, f, "_sum", labels, times->sum_ns);
}

void metrics_end(struct evbuffer *out)
{
	(void)evbuffer_add_printf(out, "# EOF\n");
}
