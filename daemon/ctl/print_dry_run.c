/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_dry_run.h"

#include <string.h>

#include "daemon/ctl/answer.h"

static void print_problems(const struct term *t, const json_t *problems)
{
	size_t i;
	json_t *p;

	json_array_foreach(problems, i, p)
	{
		if (answer_number(p, "line"))
			term_line(t, TONE_WARN, "%s:%lld: %s; %s", answer_or_dash(p, "file"),
				answer_number(p, "line"), answer_text(p, "what"),
				answer_text(p, "remedy"));
		else
			term_line(t, TONE_WARN, "%s: %s; %s", answer_or_dash(p, "file"),
				answer_text(p, "what"), answer_text(p, "remedy"));
	}
}

/* What is null is not set. */
static const char *value(const json_t *setting, const char *key)
{
	const char *text = json_string_value(json_object_get(setting, key));

	if (!text)
		return "(not set)";
	return *text ? text : "\"\"";
}

static void print_change(const struct term *t, const char *indent, const json_t *s)
{
	term_print(t, TONE_PLAIN, "%s%s: %s -> %s", indent, answer_or_dash(s, "key"),
		value(s, "old"), value(s, "new"));
	if (*answer_text(s, "old_from") || *answer_text(s, "new_from"))
		term_print(t, TONE_DIM, "  (%s -> %s)", answer_or_dash(s, "old_from"),
			answer_or_dash(s, "new_from"));
	term_line(t, TONE_PLAIN, "%s", "");
}

static void print_changes(const struct term *t, const char *indent, const json_t *settings)
{
	size_t i;
	json_t *s;

	json_array_foreach(settings, i, s) print_change(t, indent, s);
}

static const char *fate_text(const json_t *pool)
{
	const char *fate = answer_text(pool, "fate");

	if (strcmp(fate, "replaced") == 0)
		return "would be replaced; what it runs finishes";
	if (strcmp(fate, "kept") == 0)
		return "would go on as it is, as its new settings can not be";
	return "would have other settings at once";
}

int print_dry_run(const struct ctl *ctl, const json_t *answer)
{
	const struct term *t = &ctl->term;
	const json_t *host = json_object_get(answer, "host");
	size_t i;
	json_t *pool;

	print_problems(t, json_object_get(answer, "problems"));
	if (json_array_size(host))
		term_line(t, TONE_HEAD, "of the host");
	print_changes(t, "  ", host);
	json_array_foreach(json_object_get(answer, "pools"), i, pool)
	{
		term_line(t, TONE_HEAD, "pool %lld, %s: %s", answer_number(pool, "id"),
			answer_or_dash(pool, "name"), fate_text(pool));
		if (*answer_text(pool, "detail"))
			term_line(t, TONE_PLAIN, "  %s", answer_text(pool, "detail"));
		print_changes(t, "  ", json_object_get(pool, "settings"));
	}
	term_line(t, answer_is(answer, "is_usable") ? TONE_PLAIN : TONE_BAD, "%s",
		answer_or_dash(answer, "detail"));
	return CTL_OK;
}
