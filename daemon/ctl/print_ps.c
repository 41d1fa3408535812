/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_ps.h"

#include <string.h>

#include "daemon/ctl/amount.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/usage.h"

static enum term_tone tone_of(const char *state)
{
	if (strcmp(state, "busy") == 0)
		return TONE_GOOD;
	return strcmp(state, "leaving") == 0 ? TONE_WARN : TONE_DIM;
}

static void add_process(struct table *t, const json_t *p)
{
	const json_t *request = json_object_get(p, "request");
	const char *role = answer_text(p, "role"), *state = answer_text(p, "state");
	char text[AMOUNT_SIZE];

	table_cell(
		t, TONE_PLAIN, "%s", *answer_text(p, "vhost") ? answer_text(p, "vhost") : "lsapid");
	table_cell(t, TONE_PLAIN, "%s", answer_text(p, "user"));
	table_cell(t, TONE_PLAIN, "%lld", answer_number(p, "pid"));
	table_cell(t, TONE_PLAIN, "%s", strcmp(role, "other") == 0 ? answer_text(p, "name") : role);
	table_cell(t, tone_of(state), "%s", state);
	table_cell(t, TONE_PLAIN, "%s", amount_age(answer_real(p, "age_s"), text));
	table_cell(t, TONE_PLAIN, "%s", amount_time(answer_real(p, "cpu_s"), text));
	table_cell(t, TONE_PLAIN, "%s", usage_memory(p, text));
	if (json_object_get(p, "requests"))
		table_cell(t, TONE_PLAIN, "%lld", answer_number(p, "requests"));
	else
		table_cell(t, TONE_DIM, "%s", "");
	if (request)
		table_cell(t, TONE_PLAIN, "%s %s%s", answer_text(request, "method"),
			answer_text(request, "vhost"), answer_text(request, "uri"));
	else
		table_cell(t, TONE_DIM, "%s", "");
}

void print_ps(const struct ctl *ctl, const json_t *document, bool has_daemon)
{
	static const struct table_column columns[] = {
		{ .title = "POOL", .least = 12, .is_name = true },
		{ .title = "USER", .least = 8 },
		{ .title = "PID", .is_right = true },
		{ .title = "ROLE", .least = 6 },
		{ .title = "STATE" },
		{ .title = "AGE", .is_right = true, .rank = 2 },
		{ .title = "CPU", .is_right = true },
		{ .title = "MEMORY", .is_right = true },
		{ .title = "REQUESTS", .is_right = true, .rank = 1 },
		{ .title = "REQUEST", .least = 12 },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	json_t *process;
	size_t i;

	if (has_daemon)
		json_array_foreach(json_object_get(document, "daemon"), i, process)
			add_process(t, process);
	json_array_foreach(json_object_get(document, "processes"), i, process)
		add_process(t, process);
	table_print(t, &ctl->term);
	(void)table_free(t);
}
