/* SPDX-License-Identifier: Apache-2.0 */

#include <jansson.h>

#include "daemon/ctl/act.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/host/check_php.h"
#include "daemon/ctl/table.h"

static json_t *row_json(const struct check_php_row *row)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:s*, s:s*}", "handler", row->handler, "binary",
		row->binary, "is_configured", row->is_configured, "problem",
		row->problem[0] ? row->problem : NULL, "remedy", row->remedy);

	/* nobody has asked it */
	if (o && row->is_probed && !row->problem[0])
		(void)json_object_update_new(
			o, json_pack("{s:s, s:s, s:s, s:b}", "version", row->probe.version, "sapi",
				   row->probe.is_lsapi ? "litespeed" : "", "ini", row->probe.ini,
				   "has_opcache", row->probe.has_opcache));
	return o;
}

static int print_json(const struct check_php *c)
{
	json_t *rows = json_array();
	json_t *o;
	int status;

	for (size_t i = 0; i < c->count; i++)
		(void)json_array_append_new(rows, row_json(&c->row[i]));
	o = json_pack("{s:o, s:I}", "php", rows, "problems", (json_int_t)c->problems);
	status = answer_dump(o);
	json_decref(o);
	return status;
}

static void print_row(struct table *t, const struct check_php_row *row)
{
	const struct php_probe *p = &row->probe;
	bool is_known = row->is_probed && !row->problem[0];

	table_cell(t, TONE_PLAIN, "%s", row->handler);
	table_cell(t,
		row->problem[0] ? TONE_BAD
		: is_known      ? TONE_GOOD
				: TONE_PLAIN,
		"%s",
		row->problem[0] ? "problem"
		: is_known      ? "good"
				: "not run");
	table_cell(t, TONE_PLAIN, "%s", p->version);
	table_cell(t, is_known && !p->has_opcache ? TONE_WARN : TONE_PLAIN, "%s",
		!is_known        ? ""
		: p->has_opcache ? "yes"
				 : "no");
	table_cell(t, TONE_PLAIN, "%s", p->ini);
	table_cell(t, TONE_PLAIN, "%s", row->binary);
	if (row->problem[0])
		table_note(t, TONE_BAD, "%s; %s", row->problem, row->remedy);
	else if (!row->is_configured)
		table_note(t, TONE_DIM, "lsapid.conf does not know it; setup adds it");
}

static int print_table(const struct ctl *ctl, const struct check_php *c)
{
	static const struct table_column columns[] = {
		{ .title = "HANDLER", .is_name = true },
		{ .title = "STATE" },
		{ .title = "PHP" },
		{ .title = "OPCACHE" },
		{ .title = "INI", .least = 12 },
		{ .title = "BINARY", .least = 12 },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; t && i < c->count; i++)
		print_row(t, &c->row[i]);
	if (t)
		table_print(t, &ctl->term);
	(void)table_free(t);
	return CTL_OK;
}

int act_check_php(const struct ctl *ctl, const struct host *h)
{
	struct check_php c;
	int status;

	if (check_php_run(h, &c) < 0)
		return CTL_FAILED;
	status = ctl->is_json ? print_json(&c) : print_table(ctl, &c);
	if (c.problems)
		status = CTL_FAILED;
	check_php_deinit(&c);
	return status;
}

static const struct args_option options[] = {
	ACT_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

static int run(const struct ctl *ctl, const struct args *args)
{
	const struct host_options host = {
		.root = args_text(args, ACT_ROOT, NULL),
		.is_verbose = args_has(args, ACT_VERBOSE),
	};

	return act_run(ctl, MATRIX_CHECK_PHP, &host, NULL);
}

static const struct cmd_exit exits[] = {
	{ CTL_FAILED, "a handler of lsapid.conf has a problem" },
	{ CTL_OK, NULL },
};

const struct cmd cmd_check_php = {
	.name = "check-php",
	.help = "are the PHPs fit that lsapid may start, and which others are there",
	.more = "Each one is run with -v and -i.",
	.options = options,
	.exits = exits,
	.is_alone = true,
	.run = run,
};
