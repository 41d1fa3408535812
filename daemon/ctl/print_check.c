/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_check.h"

#include <string.h>

#include "daemon/ctl/answer.h"

static const enum term_tone tones[] = {
	[CHECK_OK] = TONE_GOOD,
	[CHECK_SKIPPED] = TONE_DIM,
	[CHECK_NOTE] = TONE_PLAIN,
	[CHECK_WARNING] = TONE_WARN,
	[CHECK_PROBLEM] = TONE_BAD,
};

_Static_assert(sizeof(tones) / sizeof(tones[0]) == CHECK_SEVERITY_COUNT, "one per severity");

static void count(const struct check *c, size_t counts[CHECK_SEVERITY_COUNT])
{
	for (size_t i = 0; i < c->count; i++)
		counts[c->finding[i].severity]++;
}

/* Whole sentences: a table would cut them. */
static void print_finding(const struct term *t, const struct check_finding *f)
{
	term_print(t, tones[f->severity], "%-8s", check_severity_name(f->severity));
	term_print(t, TONE_HEAD, " %s", f->row->id);
	term_print(t, TONE_PLAIN, ": ");
	if (*f->where)
		term_print(t, TONE_DIM, "%s: ", f->where);
	term_line(t, TONE_PLAIN, "%s", f->what);
	if (*f->remedy)
		term_line(t, TONE_PLAIN, "         remedy: %s", f->remedy);
}

static void print_people(const struct term *t, const struct check *c, bool is_all)
{
	size_t counts[CHECK_SEVERITY_COUNT] = { 0 };
	const char *separator = "";

	for (size_t i = 0; i < c->count; i++)
		if (is_all || c->finding[i].severity > CHECK_SKIPPED)
			print_finding(t, &c->finding[i]);
	count(c, counts);
	for (int s = CHECK_SEVERITY_COUNT - 1; s >= 0; s--) {
		if (!counts[s])
			continue;
		term_print(t, tones[s], "%s%zu %s", separator, counts[s],
			check_severity_name((enum check_severity)s));
		separator = ", ";
	}
	if (c->untold)
		term_print(t, TONE_PLAIN, "; %zu more of the same are left out", c->untold);
	term_line(t, TONE_PLAIN, "%s", is_all ? "" : " (--all shows each)");
}

static json_t *finding_part(const struct check_finding *f)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", f->row->id, "area", f->row->area,
		"severity", check_severity_name(f->severity), "what", f->what, "where", f->where,
		"remedy", f->remedy);
}

static int print_json(const struct check *c)
{
	size_t counts[CHECK_SEVERITY_COUNT] = { 0 };
	json_t *o = json_object(), *findings = json_array(), *summary = json_object();
	int r;

	for (size_t i = 0; i < c->count; i++)
		(void)json_array_append_new(findings, finding_part(&c->finding[i]));
	count(c, counts);
	for (int s = 0; s < CHECK_SEVERITY_COUNT; s++)
		(void)json_object_set_new(summary, check_severity_name((enum check_severity)s),
			json_integer((json_int_t)counts[s]));
	(void)json_object_set_new(summary, "untold", json_integer((json_int_t)c->untold));
	(void)json_object_set_new(
		summary, "worst", json_string(check_severity_name(check_worst(c))));
	(void)json_object_set_new(o, "findings", findings);
	(void)json_object_set_new(o, "summary", summary);
	r = answer_dump(o);
	json_decref(o);
	return r;
}

int print_check(const struct ctl *ctl, const struct check *c, bool is_all)
{
	if (ctl->is_json)
		return print_json(c);
	print_people(&ctl->term, c, is_all);
	return CTL_OK;
}
