#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The events of log_events.def, as the logger knows them: what is only for the manual is left out.
 */

#include <stdbool.h>
#include <stddef.h>

struct log_event {
	const char *name;
	const char *id; /* MESSAGE_ID of the journal */
	bool is_many;   /* many at once are one thing: see log_limit.h */
};

/* clang-format off */
/** How many there are. */
enum {
	LOG_EVENT_COUNT = 0
/* NOLINTBEGIN(bugprone-macro-parentheses): terms of a sum */
#define LOG_EVENT(...)      +1
#define LOG_EVENT_MANY(...) +1
/* NOLINTEND(bugprone-macro-parentheses) */
#include "daemon/base/log_events.def"
#undef LOG_EVENT_MANY
#undef LOG_EVENT
};
/* clang-format on */

/** log_event_get() - by its place in the table, below LOG_EVENT_COUNT */
const struct log_event *log_event_get(size_t index);

/** log_event_find() - its place; LOG_EVENT_COUNT: it has no row */
size_t log_event_find(const char *name);
