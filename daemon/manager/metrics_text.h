#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * OpenMetrics text: families with their samples, written into a buffer.
 *
 * Source: OpenMetrics 1.0.0. All samples of a family stand together, behind its TYPE, UNIT and
 * HELP; counters end in _total; a unit is the end of the name; "# EOF" is the last line.
 */

#include <event2/buffer.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/manager/figures.h"

#define METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
/** Room for the labels of one sample. */
#define METRICS_LABELS_SIZE 4096U

struct metrics_family {
	const char *name; /* with its unit, without _total */
	const char *type; /* counter, gauge, histogram, info */
	const char *unit; /* NULL: none */
	const char *help;
};

/** Labels of one sample, text in the form name="value",... */
struct metrics_labels {
	char text[METRICS_LABELS_SIZE];
	size_t used;
};

/** metrics_labels_add() - bytes of strangers are welcome in @value; what does not fit is cut */
void metrics_labels_add(struct metrics_labels *l, const char *name, const char *value);

/** metrics_begin() - the lines before the samples of a family */
void metrics_begin(struct evbuffer *out, const struct metrics_family *f);

/** metrics_uint() - one sample. @suffix: "_total", "_info", ""; @labels: NULL: none */
void metrics_uint(struct evbuffer *out, const struct metrics_family *f, const char *suffix,
	const char *labels, uint64_t value);

/** metrics_times() - the samples of a histogram in seconds */
void metrics_times(struct evbuffer *out, const struct metrics_family *f, const char *labels,
	const struct figures_times *times);

/** metrics_seconds() - one sample of a time */
void metrics_seconds(struct evbuffer *out, const struct metrics_family *f, const char *suffix,
	const char *labels, uint64_t ns);

void metrics_end(struct evbuffer *out);
