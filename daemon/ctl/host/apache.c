/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/apache.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build_config.h"
#include "daemon/ctl/conf_line.h"
#include "daemon/ctl/host/conflict.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/text_edit.h"

#define TEMPLATE LSAPID_DATADIR "/lsapi.conf"
/* the line of the template that a panel does not want */
#define ADD_TYPE "    AddType application/x-httpd-lsphp .php\n"

/* --- files of its configuration ------------------------------------------------------------ */

/* Return: 0: go on; else the end of the walk */
typedef int (*apache_file_fn)(struct host *h, const char *path, const char *text, void *data);

static bool is_read_by_httpd(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (strcmp(dot, ".conf") == 0 || strcmp(dot, ".load") == 0);
}

static int visit(struct host *h, const char *path, apache_file_fn fn, void *data)
{
	char *text = NULL;
	int r = tree_read(&h->tree, path, &text);

	/* a link that leads nowhere: httpd will say so */
	r = r < 0 ? 0 : fn(h, path, text, data);
	free(text);
	return r;
}

static int walk(struct host *h, apache_file_fn fn, void *data)
{
	int r = 0;

	for (const char *const *at = h->layout->scan; r == 0 && *at; at++) {
		struct tree_names names;

		if (!tree_is_directory(&h->tree, *at)) {
			r = visit(h, *at, fn, data);
			continue;
		}
		if (tree_list(&h->tree, *at, &names) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < names.count; i++) {
			char path[PATH_MAX];

			(void)snprintf(path, sizeof(path), "%s/%s", *at, names.name[i]);
			if (is_read_by_httpd(names.name[i]))
				r = visit(h, path, fn, data);
		}
		tree_names_deinit(&names);
	}
	return r;
}

static int find_module(struct host *h, const char *path, const char *text, void *data)
{
	struct conf_text conf = { .data = text, .size = strlen(text) };
	struct conf_line *line = malloc(sizeof(*line));
	int found = 0;

	(void)h;
	(void)path;
	(void)data;
	while (line && !found && conf_line_next(&conf, line))
		found = line->kind == CONF_LINE_DIRECTIVE &&
			strcasecmp(line->name, "LoadModule") == 0 && line->word_count &&
			strcmp(line->word[0], "lsapi_module") == 0;
	free(line);
	return found;
}

bool apache_is_loading(const struct host *h)
{
	struct host walked = *h;

	return h->layout && walk(&walked, find_module, NULL) != 0;
}

/* --- conflicts ----------------------------------------------------------------------------- */

static int tell_conflict(struct host *h, const char *path, const char *text, void *data)
{
	unsigned *count = data;
	struct conflict c;
	int r = conflict_find(text, strlen(text), h->panel->is_php_ours, &c);

	if (r < 0)
		return host_fail("no memory");
	if (c.kind == CONFLICT_NONE)
		return 0;
	(*count)++;
	if (!h->options.is_forced)
		(void)host_fail("%s%s:%u: %s: %s", h->tree.path, path, c.line, c.what, c.effect);
	return 0;
}

/* A link of Debian's goes; of another file the lines do. */
static int switch_off(struct host *h, const char *path, const char *text, void *data)
{
	struct journal_state state;
	char *edited;
	int r = tree_state(&h->tree, path, &state);
	bool is_link = r == 0 && state.kind == JOURNAL_LINK;

	(void)data;
	journal_state_deinit(&state);
	edited = conflict_switch_off(text, h->panel->is_php_ours);
	if (!edited || r < 0)
		r = host_fail(
			"%s%s: %s", h->tree.path, path, edited ? strerrordesc_np(-r) : "no memory");
	else if (strcmp(edited, text) != 0)
		r = is_link ? change_remove(&h->change, path)
			    : change_write(&h->change, path, edited);
	free(edited);
	return r;
}

int apache_clear(struct host *h)
{
	unsigned count = 0;
	int r = walk(h, tell_conflict, &count);

	if (r < 0 || !count)
		return r;
	if (!h->options.is_forced)
		return host_fail("this is in the way of mod_lsapi; switch it off (a2dismod, "
				 "a2disconf, or the panel), or use --force, which does it and "
				 "can be undone by uninstall");
	return walk(h, switch_off, NULL);
}

/* --- the module ---------------------------------------------------------------------------- */

/* lsapi.conf as it is installed. Return: malloc'ed; NULL, and it was told */
static char *conf_text(const struct host *h, const char *path)
{
	char *text = host_read(h, path);
	char *line = text && !h->panel->is_php_ours ? strstr(text, ADD_TYPE) : NULL;
	char *out;

	if (!line)
		return text;
	if (asprintf(&out, "%.*s    #%s", (int)(line - text), text, line + 4) < 0)
		out = NULL;
	free(text);
	return out;
}

static int install_links(struct host *h)
{
	const struct layout *l = h->layout;
	int r = 0;

	if (!tree_exists(&h->tree, l->available_load) || !tree_exists(&h->tree, l->available_conf))
		return host_fail("%s%s or lsapi.conf beside it is not there; install lsapid's "
				 "module first",
			h->tree.path, l->available_load);
	if (!h->panel->is_php_ours) {
		char *text = conf_text(h, l->available_conf);

		r = text ? change_write(&h->change, l->available_conf, text) : -ENOENT;
		free(text);
	}
	r = r == 0 ? change_link(&h->change, l->load_path, l->load_target) : r;
	return r == 0 ? change_link(&h->change, l->conf_path, l->conf_target) : r;
}

static int make_parent(struct host *h, const char *path)
{
	char parent[PATH_MAX];

	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	return change_mkdir(&h->change, parent);
}

/* Return: "" if another file loads it; malloc'ed; NULL, and it was told */
static char *load_text(struct host *h)
{
	char module[PATH_MAX];
	char *text = NULL;
	const char *own = h->layout->load_path ? h->layout->load_path : h->layout->conf_path;

	if (!tree_exists(&h->tree, own) && apache_is_loading(h))
		return strdup("");
	if (layout_find_module(h->layout, &h->tree, module, sizeof(module)) < 0) {
		(void)host_fail("mod_lsapi.so is not in %s%s; install it there (meson setup with "
				"-Dapache_module_dir)",
			h->tree.path, h->layout->module_dir[0]);
		return NULL;
	}
	if (asprintf(&text, "LoadModule lsapi_module %s\n", module) < 0)
		return NULL;
	return text;
}

/* An administrator's lsapi.conf loads unchanged. */
static int write_conf(struct host *h, const char *text)
{
	char *old = NULL;
	int r = tree_read(&h->tree, h->layout->conf_path, &old);

	if (r < 0)
		return change_write(&h->change, h->layout->conf_path, text);
	if (strcmp(old, text) != 0)
		host_note(h, "%s%s is there already, and stays as it is", h->tree.path,
			h->layout->conf_path);
	free(old);
	return 0;
}

static int install_files(struct host *h)
{
	const struct layout *l = h->layout;
	char *load = load_text(h);
	char *conf = load ? conf_text(h, TEMPLATE) : NULL;
	char *both = NULL;
	int r = conf ? make_parent(h, l->conf_path) : -ENOENT;

	if (r == 0 && l->load_path && *load) {
		r = make_parent(h, l->load_path);
		r = r == 0 ? change_write(&h->change, l->load_path, load) : r;
	}
	if (r == 0 && asprintf(&both, "%s%s", l->load_path ? "" : load, conf) < 0)
		r = -ENOMEM;
	r = r == 0 ? write_conf(h, both) : r;
	free(both);
	free(conf);
	free(load);
	return r;
}

int apache_install(struct host *h)
{
	return h->layout->load_target ? install_links(h) : install_files(h);
}

/* --- the server ---------------------------------------------------------------------------- */

/* Can it be asked? Else that is told once. */
static bool is_there(struct host *h, const char *program)
{
	if (tree_exists(&h->tree, program))
		return true;
	if (!h->was_told)
		host_note(h, "%s is not there: Apache was not asked", program);
	h->was_told = true;
	return false;
}

static int ask(struct host *h, const char *const *argv)
{
	/* in another root it is only told */
	return h->tree.path[0] || is_there(h, argv[0]) ? change_run(&h->change, argv) : 0;
}

int apache_test(struct host *h)
{
	return ask(h, h->layout->test);
}

int apache_reload(struct host *h)
{
	if (h->tree.path[0] || layout_is_running(h->layout, &h->tree))
		return ask(h, h->layout->reload);
	host_note(h, "Apache does not run; it loads mod_lsapi when it starts");
	return 0;
}
