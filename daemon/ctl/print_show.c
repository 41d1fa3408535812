/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/print_show.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/table.h"

enum {
	SETTING,
	VALUE,
	DEFAULT,
	FROM
};

static const struct table_column columns[] = {
	[SETTING] = { .title = "SETTING", .is_name = true },
	[VALUE] = { .title = "VALUE", .least = 12 },
	[DEFAULT] = { .title = "DEFAULT", .least = 8 },
	[FROM] = { .title = "FROM", .least = 20 },
};

static void value_cell(struct table *t, enum term_tone tone, const json_t *s, const char *key)
{
	const char *value = answer_text(s, key);
	/* a word among numbers, as "unlimited", has none */
	bool has_unit = *value && value[strspn(value, "0123456789")] == '\0';

	table_cell(t, tone, "%s%s%s", value, has_unit && *answer_text(s, "unit") ? " " : "",
		has_unit ? answer_text(s, "unit") : "");
}

static void add_setting(struct table *t, const json_t *s)
{
	const char *source = answer_text(s, "source"), *file = answer_text(s, "file");
	bool is_default = strcmp(source, "default") == 0;
	enum term_tone tone = is_default ? TONE_DIM : TONE_PLAIN;

	table_cell(t, tone, "%s", answer_text(s, "key"));
	value_cell(t, tone, s, "value");
	value_cell(t, TONE_DIM, s, "default");
	if (*file)
		table_cell(t, tone, "%s, %s:%lld", source, file, answer_number(s, "line"));
	else
		table_cell(t, tone, "%s", source);
	if (*answer_text(s, "instead_source"))
		table_note(t, TONE_DIM, "instead of %s (%s)", answer_or_dash(s, "instead_of"),
			answer_text(s, "instead_source"));
	if (*answer_text(s, "asked"))
		table_note(t, TONE_WARN, "the user's own file, line %lld, asks for %s: not tighter",
			answer_number(s, "asked_line"), answer_text(s, "asked"));
}

static void print_start(const struct term *t, const json_t *start)
{
	if (!answer_is(start, "is_refused")) {
		term_line(t, TONE_GOOD, "a start would not be refused");
		return;
	}
	term_print(t, TONE_BAD, "a start would be refused, %s: %s", answer_or_dash(start, "reason"),
		answer_or_dash(start, "text"));
	if (*answer_text(start, "detail"))
		term_print(t, TONE_BAD, " (%s%s%s)", answer_text(start, "detail"),
			*answer_text(start, "error") ? ", " : "", answer_text(start, "error"));
	term_line(t, TONE_PLAIN, "%s", "");
	term_line(t, TONE_PLAIN, "    remedy: %s", answer_or_dash(start, "remedy"));
}

static void print_head(const struct term *t, const json_t *p)
{
	if (answer_is(p, "is_known"))
		term_print(t, TONE_HEAD, "pool %lld %s", answer_number(p, "id"),
			answer_or_dash(p, "name"));
	else
		term_print(t, TONE_HEAD, "%s", answer_or_dash(p, "name"));
	term_line(t, TONE_PLAIN, ", user %s (uid %lld, gid %lld), %s", answer_or_dash(p, "user"),
		answer_number(p, "uid"), answer_number(p, "gid"),
		answer_is(p, "is_known")     ? answer_or_dash(p, "state")
		: answer_is(p, "is_running") ? "not known to lsapid"
					     : "lsapid does not run");
}

static void print_handler(const struct term *t, const json_t *h)
{
	json_t *env = json_object_get(h, "env");
	const char *name;
	json_t *value;

	if (*answer_text(h, "binary"))
		term_line(t, TONE_PLAIN, "handler %s: %s", answer_or_dash(h, "name"),
			answer_text(h, "binary"));
	else
		term_line(t, TONE_BAD, "handler %s: not in lsapid.conf", answer_or_dash(h, "name"));
	json_object_foreach(env, name, value)
	{
		term_line(t, TONE_PLAIN, "    %s=%s", name, json_string_value(value));
	}
}

static void print_places(const struct term *t, const json_t *p)
{
	const json_t *own = json_object_get(p, "user_file"), *image = json_object_get(p, "image");

	if (*answer_text(p, "pool_file"))
		term_line(t, TONE_PLAIN, "pool file: %s", answer_text(p, "pool_file"));
	if (*answer_text(own, "path"))
		term_line(t, TONE_PLAIN, "user's own file: %s", answer_text(own, "path"));
	if (*answer_text(own, "problem"))
		term_line(t, TONE_WARN, "user's own file: %s", answer_text(own, "problem"));
	if (*answer_text(p, "socket"))
		term_line(t, TONE_PLAIN, "socket: %s", answer_text(p, "socket"));
	if (answer_is(image, "is_frozen"))
		term_line(t, TONE_PLAIN, "image: %lld bytes", answer_number(image, "bytes"));
	if (answer_is(p, "has_uid_limit_warning"))
		term_line(t, TONE_WARN, "uid limit warning: children should be < NPROC: %s is %lld",
			answer_or_dash(p, "process_limit_from"), answer_number(p, "process_limit"));
}

static void print_one(const struct term *t, const json_t *p)
{
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	const json_t *s;

	print_head(t, p);
	print_start(t, json_object_get(p, "start"));
	print_handler(t, json_object_get(p, "handler"));
	print_places(t, p);
	json_array_foreach(json_object_get(p, "settings"), i, s) add_setting(table, s);
	table_print(table, t);
	(void)table_free(table);
}

int print_show(const struct ctl *ctl, json_t *pools)
{
	size_t i;
	const json_t *p;
	json_t *o;
	int r;

	if (!ctl->is_json) {
		json_array_foreach(pools, i, p)
		{
			if (i)
				term_line(&ctl->term, TONE_PLAIN, "%s", "");
			print_one(&ctl->term, p);
		}
		return CTL_OK;
	}
	o = json_pack("{s:O}", "pools", pools);
	r = answer_dump(o);
	json_decref(o);
	return r;
}
