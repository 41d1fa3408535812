/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/host/handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/config/config_handlers.h"
#include "daemon/config/config_load.h"
#include "daemon/config/config_table.h"
#include "daemon/ctl/host/host.h"
#include "daemon/ctl/host/text_edit.h"

#define CONF        LSAPID_CONFDIR "/lsapid.conf"
#define DEFAULT_MAP LSAPID_CONFDIR "/php.handler"

static void tell_problem(const struct config_problems *problems)
{
	char text[CONFIG_PROBLEM_TEXT];

	if (problems->count)
		(void)config_problem_format(&problems->item[0], text);
	(void)host_fail("%s", problems->count ? text : "no memory");
}

static int load_map(struct config *c, const char *text, struct config_problems *problems)
{
	char *copy = strdup(text);
	int r = copy ? config_load_handlers(c, c->handler_map, copy, problems) : -ENOMEM;

	free(copy);
	return r;
}

/* What the texts say. @map: NULL: that file is not there. Return: NULL, and it was told */
static struct config *load_texts(const char *conf, const char *map)
{
	struct config_problems problems = { .count = 0 };
	struct config *c = calloc(1, sizeof(*c));

	if (!c || config_load(c, CONF, conf, &problems) || (map && load_map(c, map, &problems))) {
		tell_problem(&problems);
		c = config_free(c);
	}
	config_problems_deinit(&problems);
	return c;
}

/** The two files. */
struct texts {
	char *conf;      /* owned */
	char *map;       /* owned; NULL: there is none */
	char *map_path;  /* owned */
	bool is_map_new; /* lsapid.conf does not name it */
};

static void texts_deinit(struct texts *t)
{
	free(t->conf);
	free(t->map);
	free(t->map_path);
}

static int texts_read(const struct host *h, struct texts *t)
{
	struct config *c;
	char *map = NULL;
	int r;

	*t = (struct texts){ .conf = host_read(h, CONF) };
	c = t->conf ? load_texts(t->conf, NULL) : NULL;
	if (!c)
		return -EINVAL;
	t->is_map_new = !*c->handler_map;
	t->map_path = strdup(t->is_map_new ? DEFAULT_MAP : c->handler_map);
	(void)config_free(c);
	if (!t->map_path)
		return -ENOMEM;
	r = tree_read(&h->tree, t->map_path, &map);
	t->map = map;
	if (r < 0 && r != -ENOENT)
		return host_fail(
			"%s%s can not be read: %s", h->tree.path, t->map_path, strerrordesc_np(-r));
	return 0;
}

int handlers_load(const struct host *h, struct config **ret)
{
	struct texts t;
	int r = texts_read(h, &t);

	*ret = r == 0 ? load_texts(t.conf, t.is_map_new ? NULL : t.map) : NULL;
	texts_deinit(&t);
	return *ret ? 0 : -EINVAL;
}

/* --- setup --------------------------------------------------------------------------------- */

/* @map with one more line, unless it is NULL; it is freed. */
static char *add_line(char *map, const char *name, const char *binary)
{
	char *line = NULL;
	char *out = NULL;

	if (map && asprintf(&line, "%s %s\n", name, binary) >= 0) {
		out = text_edit_append(map, line);
		free(line);
	}
	free(map);
	return out;
}

/* The handler that Apache's files name when they say lsphp only. NULL, and it was told: no PHP */
static const char *native_binary(
	const struct host *h, const struct config *c, const struct php_binaries *php)
{
	const struct config_handler *handler = config_find_handler(c, CONFIG_DEFAULT_HANDLER);
	const char *native;

	if (handler && tree_exists(&h->tree, handler->binary))
		return handler->binary;
	if (handler && !c->has_implicit_handler) {
		(void)host_fail("handler \"%s\" of %s: %s is not there; install it, or correct "
				"the path",
			handler->name, CONF, handler->binary);
		return NULL;
	}
	native = php_binary_native(&h->tree);
	if (!native && php->count)
		native = php->item[php->count - 1].path;
	if (!native)
		(void)host_fail("there is no lsphp on this host; install that of lsapid, or a "
				"package with one");
	return native;
}

/*
 * The lines that the map has to have. Return: malloc'ed; NULL, and it was told
 * @ret_is_needed: lsapid.conf has to name it
 */
static char *complete_map(const struct host *h, const struct config *c, const char *map,
	const struct php_binaries *php, bool *ret_is_needed)
{
	const struct config_handler *own = config_find_handler(c, CONFIG_DEFAULT_HANDLER);
	const char *native = native_binary(h, c, php);
	char *out = native ? strdup(map) : NULL;

	*ret_is_needed = false;
	if (!native)
		return NULL;
	for (size_t i = 0; i < php->count; i++) {
		if (!c->has_implicit_handler && config_find_handler(c, php->item[i].handler))
			continue;
		out = add_line(out, php->item[i].handler, php->item[i].path);
		*ret_is_needed = true;
	}
	/* one written handler is enough to make the implicit one go */
	if ((c->has_implicit_handler && *ret_is_needed) || !own ||
		strcmp(own->binary, native) != 0) {
		out = add_line(out, CONFIG_DEFAULT_HANDLER, native);
		*ret_is_needed = true;
	}
	if (!out)
		(void)host_fail("no memory");
	return out;
}

static int write_texts(struct host *h, const struct texts *t, const char *map)
{
	char *conf = text_edit_set(t->conf, TEXT_EDIT_CONFUSE, "handler_map", t->map_path);
	/* what we write has to be good by itself */
	struct config *c = conf ? load_texts(conf, map) : NULL;
	int r = c ? 0 : -EINVAL;

	(void)config_free(c);
	r = r == 0 ? change_write(&h->change, t->map_path, map) : r;
	r = r == 0 ? change_write(&h->change, CONF, conf) : r;
	free(conf);
	return r;
}

int handlers_setup(struct host *h)
{
	struct texts t;
	struct config *c = NULL;
	struct php_binaries php = { .count = 0 };
	char *map = NULL;
	int r = texts_read(h, &t);
	bool is_needed = false;

	if (r == 0)
		c = load_texts(t.conf, t.is_map_new ? NULL : t.map);
	if (r == 0)
		r = c ? 0 : -EINVAL;
	if (r == 0)
		r = php_binaries_find(&h->tree, h->panel->php, &php);
	if (r == 0) {
		map = complete_map(h, c, t.map ? t.map : "", &php, &is_needed);
		r = map ? 0 : -EINVAL;
	}
	if (r == 0 && is_needed)
		r = write_texts(h, &t, map);
	free(map);
	php_binaries_deinit(&php);
	(void)config_free(c);
	texts_deinit(&t);
	return r;
}
