/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/proc_stat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Numbers of the fields as proc(5) counts them. */
enum {
	FIELD_PARENT = 4,
	FIELD_UTIME = 14,
	FIELD_STARTTIME = 22,
	FIELD_RSS = 24
};

/* Return: what follows the name and the state; NULL: it is no such text */
static const char *after_state(const char *text, char *ret_state)
{
	const char *at = strrchr(text, ')');

	if (!at || at[1] != ' ' || !at[2] || at[3] != ' ')
		return NULL;
	*ret_state = at[2];
	return at + 4;
}

bool proc_stat_parse(const char *text, char *ret_state, pid_t *ret_parent)
{
	char state;
	const char *at = after_state(text, &state);
	char *end;
	long parent;

	if (!at)
		return false;
	parent = strtol(at, &end, 10);
	if (end == at || *end != ' ')
		return false;
	*ret_state = state;
	*ret_parent = (pid_t)parent;
	return true;
}

/* A field may be negative (priorities): those that are wanted are not. */
static bool read_fields(const char *at, uint64_t field[FIELD_RSS + 1])
{
	for (int i = FIELD_PARENT; i <= FIELD_RSS; i++) {
		char *end;

		errno = 0;
		field[i] = strtoull(at, &end, 10);
		if (errno || end == at || *end != ' ')
			return false;
		at = end + 1;
	}
	return true;
}

bool proc_stat_figures(const char *text, struct proc_figures *ret_figures)
{
	uint64_t field[FIELD_RSS + 1];
	struct proc_figures f = { .state = 0 };
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	const char *at = after_state(text, &f.state);
	size_t size;

	if (!at || !name || name > end || !proc_stat_parse(text, &f.state, &f.parent) ||
		!read_fields(at, field))
		return false;
	size = (size_t)(end - name - 1);
	memcpy(f.name, name + 1, size < sizeof(f.name) ? size : sizeof(f.name) - 1);
	f.cpu_ticks = field[FIELD_UTIME] + field[FIELD_UTIME + 1];
	f.children_ticks = field[FIELD_UTIME + 2] + field[FIELD_UTIME + 3];
	f.start_ticks = field[FIELD_STARTTIME];
	f.rss_pages = field[FIELD_RSS];
	*ret_figures = f;
	return true;
}
