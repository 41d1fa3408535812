/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/check_php.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/base/fd.h"
#include "daemon/base/path_check.h"
#include "daemon/ctl/host/handlers.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/run.h"

/* a PHP that says its version and does not end is broken */
#define LIMIT_S 20U
#define OWN     LSAPID_LIBEXECDIR "/lsphp"

void check_php_deinit(struct check_php *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->row[i].handler);
		free(c->row[i].binary);
	}
	free(c->row);
	*c = (struct check_php){ .count = 0 };
}

static int add(struct check_php *c, const char *handler, const char *binary, bool is_configured)
{
	struct check_php_row *row = reallocarray(c->row, c->count + 1, sizeof(*row));

	if (!row)
		return -ENOMEM;
	c->row = row;
	row = &row[c->count++];
	*row = (struct check_php_row){
		.handler = strdup(handler),
		.binary = strdup(binary),
		.is_configured = is_configured,
	};
	return row->handler && row->binary ? 0 : -ENOMEM;
}

static bool is_known(const struct check_php *c, const char *binary)
{
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(c->row[i].binary, binary) == 0)
			return true;
	}
	return false;
}

static int list(const struct host *h, struct check_php *c)
{
	struct config *config = NULL;
	struct php_binaries php = { .count = 0 };
	int r = handlers_load(h, &config);

	for (size_t i = 0; r == 0 && i < config->handler_count; i++)
		r = add(c, config->handlers[i].name, config->handlers[i].binary, true);
	if (r == 0)
		r = php_binaries_find(&h->tree, h->panel->php, &php);
	for (size_t i = 0; r == 0 && i < php.count; i++) {
		if (!is_known(c, php.item[i].path))
			r = add(c, php.item[i].handler, php.item[i].path, false);
	}
	php_binaries_deinit(&php);
	(void)config_free(config);
	return r;
}

static void ATTR_PRINTF(3, 4)
	set_problem(struct check_php_row *row, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(row->problem, sizeof(row->problem), format, args);
	va_end(args);
	row->remedy = remedy;
}

/* By the rule that lsapid itself has. */
static bool check_path(const struct host *h, struct check_php_row *row)
{
	ATTR_CLEANUP(fd_cleanup) int fd = -1;
	struct path_check_fault *fault = malloc(sizeof(*fault));
	char path[PATH_MAX];
	int r = snprintf(path, sizeof(path), "%s%s", h->tree.path, row->binary) < PATH_MAX
			? path_check_open(path, PATH_CHECK_PROGRAM, h->tree.own_uid, &fd, fault)
			: PATH_CHECK_E_NAME;

	if (r && fault)
		set_problem(row, path_check_remedy(r), "%.200s %s", fault->at, path_check_text(r));
	free(fault);
	return r == 0;
}

/* Of our own lsphp, which has no -i: what its build says. */
static void probe_own(const struct host *h, struct php_probe *p)
{
	struct tree_names names;

	if (!p->ini[0] && tree_exists(&h->tree, LSAPID_PHP_INI_DIR "/php.ini"))
		(void)snprintf(p->ini, sizeof(p->ini), "%s", LSAPID_PHP_INI_DIR "/php.ini");
	if (tree_list(&h->tree, LSAPID_PHP_INI_DIR "/conf.d", &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		p->has_opcache = p->has_opcache || strstr(names.name[i], "opcache");
	tree_names_deinit(&names);
}

static void probe(const struct host *h, struct check_php_row *row)
{
	const char *version[] = { row->binary, "-v", NULL };
	const char *info[] = { row->binary, "-i", NULL };
	struct run_output *output = malloc(sizeof(*output));
	int r = output ? run_program(version, LIMIT_S, output) : -ENOMEM;

	row->is_probed = true;
	if (r < 0) {
		set_problem(row, "run it by hand: with -v it has to say its version",
			"can not be run: %s", strerrordesc_np(-r));
		free(output);
		return;
	}
	php_probe_version(output->text, &row->probe);
	if (!run_has_worked(output) || !row->probe.version[0])
		set_problem(row, "run it by hand: with -v it has to say its version",
			"has failed: %.200s", output->text);
	else if (!row->probe.is_lsapi)
		set_problem(row,
			"install the lsphp of that PHP (a package whose name ends in litespeed or "
			"lsphp), and name that",
			"does not speak LSAPI: it is no lsphp");
	else if (strcmp(row->binary, OWN) == 0)
		probe_own(h, &row->probe);
	else if (run_program(info, LIMIT_S, output) == 0)
		php_probe_info(output->text, &row->probe);
	free(output);
}

int check_php_run(const struct host *h, struct check_php *ret)
{
	int r;

	*ret = (struct check_php){ .count = 0 };
	r = list(h, ret);
	if (r < 0) {
		check_php_deinit(ret);
		return r == -ENOMEM ? host_fail("no memory") : r;
	}
	for (size_t i = 0; i < ret->count; i++) {
		struct check_php_row *row = &ret->row[i];

		/* nothing is run in another root */
		if (check_path(h, row) && !h->tree.path[0])
			probe(h, row);
		ret->problems += row->is_configured && row->problem[0];
	}
	return 0;
}
