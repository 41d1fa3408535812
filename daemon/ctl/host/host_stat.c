/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/host_stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build_config.h"
#include "daemon/base/str.h"
#include "daemon/ctl/conf_line.h"
#include "daemon/ctl/host/apache.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/php_probe.h"
#include "daemon/ctl/host/run.h"

#define CRIU    "/usr/sbin/criu"
#define LIMIT_S 20U
/* there are not a hundred directives */
#define MAX_OPTIONS 1000U

void host_stat_deinit(struct host_stat *s)
{
	for (size_t i = 0; i < s->option_count; i++) {
		free(s->option[i].name);
		free(s->option[i].value);
	}
	free(s->option);
	*s = (struct host_stat){ .option_count = 0 };
}

static bool run_in(const struct host *h, const char *const *argv, struct run_output *output)
{
	return !h->tree.path[0] && run_program(argv, LIMIT_S, output) == 0 &&
	       run_has_worked(output);
}

static void take_panel(const struct host *h, struct host_stat *s)
{
	char *text = NULL;

	if (!h->panel->version_path || tree_read(&h->tree, h->panel->version_path, &text) < 0)
		return;
	(void)snprintf(s->panel_version, sizeof(s->panel_version), "%.*s",
		(int)(strcspn(text, " \r\n") & 0xff), text);
	free(text);
}

static void take_versions(const struct host *h, struct host_stat *s, struct run_output *output)
{
	static const char *const criu[] = { CRIU, "--version", NULL };
	static const char word[] = "Version: ";
	struct php_probe php = { .version = "" };
	const char *lsphp[] = { NULL, "-v", NULL };

	/* ours are of one build */
	if (h->layout && layout_find_module(
				 h->layout, &h->tree, s->module_path, sizeof(s->module_path)) == 0)
		s->module = LSAPID_VERSION;
	else
		s->module_path[0] = '\0';
	s->library_path = php_binary_native(&h->tree);
	lsphp[0] = s->library_path;
	if (s->library_path && run_in(h, lsphp, output)) {
		php_probe_version(output->text, &php);
		(void)str_copy(s->library, sizeof(s->library), php.version);
	}
	s->has_criu = tree_exists(&h->tree, CRIU);
	if (s->has_criu && run_in(h, criu, output)) {
		const char *version = strstr(output->text, word);

		version = version ? version + sizeof(word) - 1 : "";
		(void)snprintf(s->criu, sizeof(s->criu), "%.*s",
			(int)(strcspn(version, " \r\n") & 0xff), version);
	}
}

static int add_option(struct host_stat *s, const char *name, const char *value)
{
	struct host_stat_option *option;

	if (s->option_count == MAX_OPTIONS)
		return -E2BIG;
	option = reallocarray(s->option, s->option_count + 1, sizeof(*option));
	if (!option)
		return -ENOMEM;
	s->option = option;
	option = &option[s->option_count++];
	*option = (struct host_stat_option){ .name = strdup(name), .value = strdup(value) };
	return option->name && option->value ? 0 : -ENOMEM;
}

/* Directives of mod_lsapi in lsapi.conf, of the whole server: not those of a section for some. */
static int take_options(const struct host *h, struct host_stat *s)
{
	struct conf_line *line = malloc(sizeof(*line));
	struct conf_text conf = { .at = 0 };
	unsigned sections = 0;
	char *text = NULL;
	int r = line ? 0 : -ENOMEM;

	if (r == 0 && tree_read(&h->tree, h->layout->conf_path, &text) == 0)
		conf = (struct conf_text){ .data = text, .size = strlen(text) };
	while (r == 0 && text && conf_line_next(&conf, line)) {
		bool is_condition = strncasecmp(line->name, "If", 2) == 0;

		if (line->kind == CONF_LINE_OPEN)
			sections += !is_condition;
		else if (line->kind == CONF_LINE_CLOSE)
			sections -= !is_condition && sections;
		else if (line->kind == CONF_LINE_DIRECTIVE && !sections &&
			 strncasecmp(line->name, "lsapi_", 6) == 0)
			r = add_option(s, line->name, line->rest);
	}
	free(text);
	free(line);
	return r;
}

static bool is_engine_on(const struct host_stat *s)
{
	bool is_on = true;

	for (size_t i = 0; i < s->option_count; i++) {
		if (strcasecmp(s->option[i].name, "lsapi_engine") == 0)
			is_on = strcasecmp(s->option[i].value, "on") == 0;
	}
	return is_on;
}

int host_stat_take(const struct host *h, struct host_stat *ret)
{
	struct run_output *output = malloc(sizeof(*output));
	int r = output ? 0 : -ENOMEM;

	*ret = (struct host_stat){ .module = NULL };
	if (r == 0) {
		take_panel(h, ret);
		take_versions(h, ret, output);
	}
	if (r == 0 && h->layout)
		r = take_options(h, ret);
	ret->is_enabled = r == 0 && apache_is_loading(h) && is_engine_on(ret);
	if (r == 0 && h->panel->count_domains) {
		ret->has_domains = true;
		r = h->panel->count_domains(h, &ret->domains);
	} else if (r < 0) {
		(void)host_fail("no memory");
	}
	free(output);
	if (r < 0)
		host_stat_deinit(ret);
	return r;
}
