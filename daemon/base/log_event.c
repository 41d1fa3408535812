/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/base/log_event.h"

#include <assert.h>
#include <string.h>

static const struct log_event events[] = {
#define LOG_EVENT(event, message_id, cause, remedy) { .name = (event), .id = (message_id) },
#define LOG_EVENT_MANY(event, message_id, cause, remedy)                                           \
	{ .name = (event), .id = (message_id), .is_many = true },
#include "daemon/base/log_events.def"
#undef LOG_EVENT_MANY
#undef LOG_EVENT
};

_Static_assert(sizeof(events) / sizeof(events[0]) == LOG_EVENT_COUNT, "a row for each");

const struct log_event *log_event_get(size_t index)
{
	assert(index < LOG_EVENT_COUNT);
	return &events[index];
}

size_t log_event_find(const char *name)
{
	size_t low = 0, high = LOG_EVENT_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, events[middle].name);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return LOG_EVENT_COUNT;
}
