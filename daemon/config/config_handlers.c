/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config_table.h"
#include "daemon/config/config_watch.h"

#define BLANKS         " \t\r"
#define NAME_MAX_BYTES 255U

bool config_is_handler_map(const struct config *c, const char *path)
{
	return c->handler_map && *c->handler_map && strcmp(c->handler_map, path) == 0;
}

static const struct config_key *binary_key(void)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i = 0;

	while (table[i].section != CONFIG_SECTION_HANDLER || strcmp(table[i].name, "binary") != 0)
		i++;
	return &table[i];
}

/* The section that nobody wrote gives way to a line that somebody did. */
static struct config_handler *place_for(struct config *c)
{
	struct config_handler *h;

	if (c->has_implicit_handler) {
		c->has_implicit_handler = false;
		h = &c->handlers[0];
		free(h->name);
		free(h->binary);
		config_watch_clear(h);
		*h = (struct config_handler){ .name = NULL };
		return h;
	}
	h = realloc(c->handlers, (c->handler_count + 1) * sizeof(*h));
	if (!h)
		return NULL;
	c->handlers = h;
	h = &c->handlers[c->handler_count++];
	*h = (struct config_handler){ .name = NULL };
	return h;
}

static int add_handler(struct config *c, const char *name, const char *binary)
{
	struct config_handler *h = place_for(c);

	if (!h)
		return -ENOMEM;
	h->name = strdup(name);
	h->binary = strdup(binary);
	return h->name && h->binary ? 0 : -ENOMEM;
}

static bool is_taken(const struct config *c, const char *name)
{
	return !c->has_implicit_handler && config_find_handler(c, name);
}

/* Return: NULL, or what is wrong with the line. @what: room for it */
static const char *check_line(const struct config *c, const char *name, const char *binary,
	const char *more, char what[CONFIG_WHAT_SIZE])
{
	const struct config_key *key = binary_key();
	char path_what[CONFIG_WHAT_SIZE];

	if (!binary)
		return "has a name without a binary";
	if (more)
		return "has more than a name and a binary";
	if (strlen(name) > NAME_MAX_BYTES)
		return "has a name that is too long";
	if (is_taken(c, name)) {
		(void)snprintf(what, CONFIG_WHAT_SIZE, "handler '%.100s' is there already", name);
		return what;
	}
	if (config_value_check(key, binary, path_what))
		return NULL;
	(void)snprintf(what, CONFIG_WHAT_SIZE, "binary %.180s", path_what);
	return what;
}

static int load_line(struct config *c, char *line, const char *file, int number,
	struct config_problems *problems)
{
	char *rest = NULL;
	const char *name = strtok_r(line, BLANKS, &rest);
	const char *binary = strtok_r(NULL, BLANKS, &rest);
	const char *more = strtok_r(NULL, BLANKS, &rest);
	struct config_problem problem = { .line = 0 };
	char text[CONFIG_WHAT_SIZE];
	const char *what;

	if (!name || name[0] == '#')
		return 0;
	what = check_line(c, name, binary, more, text);
	if (!what)
		return add_handler(c, name, binary);
	(void)config_problem_set(&problem, file, number, what,
		"write one handler per line: application/x-httpd-lsphp82 /opt/php82/bin/lsphp");
	config_problems_add(problems, &problem);
	return 1;
}

int config_load_handlers(
	struct config *c, const char *file, char *text, struct config_problems *ret_problems)
{
	char *line = text;
	int number = 1;
	int result = 0;

	while (line) {
		char *end = strchr(line, '\n');
		int r;

		if (end)
			*end = '\0';
		r = load_line(c, line, file, number++, ret_problems);
		if (r < 0)
			return r;
		result |= r;
		line = end ? end + 1 : NULL;
	}
	return result;
}
