/* SPDX-License-Identifier: Apache-2.0 */

#include <jansson.h>
#include <stdlib.h>

#include "daemon/ctl/act.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/host/host_stat.h"

/* "works", "fails", "off": what lsapid has found out. "unknown": it can not be asked */
static json_t *criu_json(const struct ctl *ctl, const struct host *h, const struct host_stat *s)
{
	const struct client_question question = {
		.type = CONTROL_CRIU,
		.criu = CONTROL_CRIU_CHECK,
		.what = "",
	};
	struct client_answer answer = { .json = NULL };
	char why[CONTROL_MAX_TEXT + 64];
	bool is_answer = s->has_criu && !h->tree.path[0] &&
			 client_ask(ctl->socket_path, &question, &answer, why) == 0;
	json_t *said = is_answer ? json_loads(answer.json, 0, NULL) : NULL;
	const char *state = json_string_value(json_object_get(said, "state"));
	json_t *o = json_pack("{s:s, s:s?}", "state",
		!s->has_criu ? "absent"
		: state      ? state
			     : "unknown",
		"version", s->criu[0] ? s->criu : NULL);

	json_decref(said);
	free(answer.json);
	return o;
}

static json_t *domains_json(const struct host_stat *s)
{
	json_t *o = s->has_domains ? json_object() : json_null();

	for (size_t i = 0; i < s->domains.count; i++)
		(void)json_object_set_new(
			o, s->domains.item[i].php, json_integer(s->domains.item[i].count));
	return o;
}

static json_t *options_json(const struct host_stat *s)
{
	json_t *o = json_object();

	for (size_t i = 0; i < s->option_count; i++)
		(void)json_object_set_new(o, s->option[i].name, json_string(s->option[i].value));
	return o;
}

int act_stat(const struct ctl *ctl, const struct host *h)
{
	struct host_stat s;
	json_t *o;
	int status;

	if (host_stat_take(h, &s) < 0)
		return CTL_FAILED;
	o = json_pack("{s:{s:s, s:s, s:s?}, s:{s:s?, s:s?}, s:{s:s?, s:s?}, s:o, s:b, s:o, s:o}",
		"panel", "id", matrix_panel_key(h->panel->id), "name",
		matrix_panel_name(h->panel->id), "version",
		s.panel_version[0] ? s.panel_version : NULL, "module", "version", s.module, "path",
		s.module ? s.module_path : NULL, "library", "version",
		s.library[0] ? s.library : NULL, "path", s.library_path, "criu",
		criu_json(ctl, h, &s), "enabled", s.is_enabled, "options", options_json(&s),
		"domains", domains_json(&s));
	status = o ? answer_dump(o) : CTL_FAILED;
	json_decref(o);
	host_stat_deinit(&s);
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

	return act_run(ctl, MATRIX_STAT, &host, NULL);
}

const struct cmd cmd_stat = {
	.name = "stat",
	.help = "what is installed, switched on and used on this host, as JSON",
	.options = options,
	.is_alone = true,
	.run = run,
};
