/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_load.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_table.h"

/* rows of one section, two sections at the top, the context cell and the end */
#define LOAD_MAX_OPTIONS 32
/* no word of a file can be this one; it is how libconfuse's callbacks find our context */
#define LOAD_CONTEXT "(context)"
/*
 * libconfuse takes the end of the file for the end of a section. So each text gets one more line
 * that is legal outside of sections only.
 */
#define LOAD_END "(end)"

#define SEE_MANUAL "see lsapid.conf(5) for the keys and their values"

struct load {
	struct config *config;          /* borrowed: the caller's */
	const char *file;               /* borrowed: the caller's */
	struct config_problem *problem; /* borrowed: the caller's */
	bool has_failed;
	cfg_opt_t option[CONFIG_SECTION_COUNT][LOAD_MAX_OPTIONS];
};

static void load_fail(struct load *l, int line, const char *what, const char *remedy)
{
	if (l->has_failed)
		return;
	l->has_failed = true;
	(void)str_copy(l->problem->file, sizeof(l->problem->file), l->file);
	l->problem->line = line;
	(void)str_copy(l->problem->what, sizeof(l->problem->what), what);
	(void)str_copy(l->problem->remedy, sizeof(l->problem->remedy), remedy);
}

/* libconfuse gives its callbacks the section only; each section's options have a cell for us. */
static struct load *load_of(const cfg_t *cfg)
{
	const cfg_opt_t *o;

	for (o = cfg->opts; o->name; o++) {
		if (o->type == CFGT_PTR && strcmp(o->name, LOAD_CONTEXT) == 0)
			return (struct load *)(void *)o->simple_value.ptr;
	}
	return NULL;
}

static void ATTR_PRINTF(2, 0) load_on_error(cfg_t *cfg, const char *format, va_list args)
{
	struct load *l = load_of(cfg);
	char what[sizeof(l->problem->what)];

	/* libconfuse always has one; gcc with a sanitizer sees a path where it has not */
	if (!format)
		return;
	(void)vsnprintf(what, sizeof(what), format, args);
	if (l && strstr(what, LOAD_END))
		load_fail(l, cfg->line - 1, "a section has no end", "write the missing }");
	else if (l)
		load_fail(l, cfg->line, what, SEE_MANUAL);
}

static const struct config_key *load_find_key(const cfg_t *cfg, const char *name)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	enum config_section section = CONFIG_SECTION_TOP;
	size_t i;

	for (i = CONFIG_SECTION_HANDLER; i < CONFIG_SECTION_COUNT; i++) {
		if (strcmp(cfg->name, config_section_name((enum config_section)i)) == 0)
			section = (enum config_section)i;
	}
	for (i = 0; i < count; i++) {
		if (table[i].section == section && strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* One value of an ordinary key has been read: the line number is at hand only now. */
static int load_on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct config_key *key = load_find_key(cfg, opt->name);
	struct load *l = load_of(cfg);
	unsigned last = cfg_opt_size(opt);
	const char *text = last ? cfg_opt_getnstr(opt, last - 1) : NULL;
	char what[CONFIG_WHAT_SIZE];
	char line[sizeof(l->problem->what)];

	if (!key || !text || config_value_check(key, text, what))
		return 0;
	(void)snprintf(line, sizeof(line), "%s %s", key->name, what);
	load_fail(l, cfg->line, line, key->help);
	return -1;
}

static int load_on_handler(cfg_t *cfg, cfg_opt_t *opt)
{
	const cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *title = section ? section->title : NULL;
	const char *c = title;

	/* the name travels as one value of the pool specification, and in log lines */
	while (c && (unsigned char)*c > 0x20 && *c != 0x7f)
		c++;
	if (c && c != title && *c == '\0' && c - title <= 255)
		return 0;
	load_fail(load_of(cfg), cfg->line,
		"handler has a name that is empty, too long or has spaces",
		"name it as Apache's AddHandler or AddType does: application/x-httpd-lsphp");
	return -1;
}

static void load_add_section(struct load *l, size_t *used, enum config_section section,
	cfg_flag_t flags, cfg_validate_callback_t on_value)
{
	l->option[CONFIG_SECTION_TOP][(*used)++] = (cfg_opt_t){
		.name = config_section_name(section),
		.type = CFGT_SEC,
		.flags = flags,
		.subopts = l->option[section],
		.validcb = on_value,
	};
}

/* The table as libconfuse wants it. All values are text to it; what they mean is ours. */
static void load_make_options(struct load *l)
{
	size_t used[CONFIG_SECTION_COUNT] = { 0 };
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct config_key *k = &table[i];

		l->option[k->section][used[k->section]++] = (cfg_opt_t){
			.name = k->name,
			.type = CFGT_STR,
			.flags = k->type == CONFIG_TYPE_ENV_LIST ? CFGF_LIST : CFGF_NONE,
			.validcb = load_on_value,
		};
	}
	load_add_section(l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_HANDLER,
		CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES, load_on_handler);
	load_add_section(l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_DEFAULTS, CFGF_NONE, NULL);
	l->option[CONFIG_SECTION_TOP][used[CONFIG_SECTION_TOP]++] = (cfg_opt_t){
		.name = LOAD_END,
		.type = CFGT_STR,
	};
	for (i = 0; i < CONFIG_SECTION_COUNT; i++) {
		l->option[i][used[i]++] = (cfg_opt_t){
			.name = LOAD_CONTEXT,
			.type = CFGT_PTR,
			.simple_value.ptr = (void **)(void *)l,
		};
		l->option[i][used[i]] = (cfg_opt_t)CFG_END();
	}
}

/* Every key of @section: what the file says, else the default. @cfg NULL: defaults only. */
static int load_store_section(enum config_section section, cfg_t *cfg, void *object)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		const char *text;

		if (table[i].section != section || table[i].type == CONFIG_TYPE_ENV_LIST)
			continue;
		text = cfg ? cfg_getstr(cfg, table[i].name) : NULL;
		r = config_value_store(&table[i], text ? text : table[i].value, object);
	}
	return r;
}

static int load_store_env(cfg_t *cfg, struct config_handler *h)
{
	size_t count = cfg ? cfg_size(cfg, "env") : 0;
	size_t i;

	if (count == 0)
		return 0;
	h->env = calloc(count, sizeof(h->env[0]));
	if (!h->env)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const char *text = cfg_getnstr(cfg, "env", (unsigned)i);
		const char *equals = strchr(text, '=');

		h->env_count++;
		h->env[i].name = strndup(text, (size_t)(equals - text));
		h->env[i].value = strdup(equals + 1);
		if (!h->env[i].name || !h->env[i].value)
			return -ENOMEM;
	}
	return 0;
}

static int load_store_handler(struct config *c, const char *name, cfg_t *cfg)
{
	struct config_handler *h = &c->handlers[c->handler_count++];
	int r;

	h->name = strdup(name);
	if (!h->name)
		return -ENOMEM;
	r = load_store_section(CONFIG_SECTION_HANDLER, cfg, h);
	return r ? r : load_store_env(cfg, h);
}

static int load_store(struct config *c, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "handler");
	size_t i;
	int r = load_store_section(CONFIG_SECTION_TOP, cfg, c);

	if (r == 0)
		r = load_store_section(
			CONFIG_SECTION_DEFAULTS, cfg_getsec(cfg, "defaults"), &c->defaults);
	if (r)
		return r;
	c->handlers = calloc(count ? count : 1, sizeof(c->handlers[0]));
	if (!c->handlers)
		return -ENOMEM;
	/* no handler at all: the one that mod_lsapi's own configuration names */
	if (count == 0)
		return load_store_handler(c, CONFIG_DEFAULT_HANDLER, NULL);
	for (i = 0; i < count && r == 0; i++) {
		cfg_t *section = cfg_getnsec(cfg, "handler", (unsigned)i);

		r = load_store_handler(c, cfg_title(section), section);
	}
	return r;
}

/*
 * libconfuse puts environment variables in the place of ${NAME}. The manager has another
 * environment than the supervisor, so that the two would read different things.
 */
static bool load_has_variable(struct load *l, const char *text)
{
	const char *found = strstr(text, "${");
	const char *c;
	int line = 1;

	if (!found)
		return false;
	for (c = text; c < found; c++)
		line += *c == '\n';
	load_fail(l, line, "${ is found, but environment variables are not replaced here",
		"write the value itself");
	return true;
}

/* Behind the string that begins at @c. */
static char *skip_string(char *c)
{
	char quote = *c++;

	while (*c && *c != quote)
		c += c[0] == '\\' && c[1] ? 2 : 1;
	return *c ? c + 1 : c;
}

static char *blank_line(char *c)
{
	while (*c && *c != '\n')
		*c++ = ' ';
	return c;
}

/* Return: behind the comment, or NULL if it has no end. */
static char *blank_block(char *c)
{
	const char *end = strstr(c + 2, "*/");

	if (!end)
		return NULL;
	for (; c < end + 2; c++) {
		if (*c != '\n')
			*c = ' ';
	}
	return c;
}

/*
 * libconfuse 3.3 counts the lines of comments wrongly, so comments become spaces before it sees
 * them. # begins one anywhere outside of quotes, // only where a word could begin.
 */
static bool load_blank_comments(struct load *l, char *text)
{
	char *c = text;
	int line = 1;

	while (*c) {
		bool is_start = c == text || strchr(" \t\r\n={}(),+", c[-1]);
		char *next = c + 1;

		if (*c == '"' || *c == '\'')
			next = skip_string(c);
		else if (*c == '#' || (is_start && c[0] == '/' && c[1] == '/'))
			next = blank_line(c);
		else if (is_start && c[0] == '/' && c[1] == '*')
			next = blank_block(c);
		if (!next) {
			load_fail(l, line, "a comment has no end", "write the missing */");
			return false;
		}
		for (; c < next; c++)
			line += *c == '\n';
	}
	return true;
}

static int load_parse(struct load *l, const char *text)
{
	cfg_t *cfg = cfg_init(l->option[CONFIG_SECTION_TOP], CFGF_NONE);
	int r = 1;

	if (!cfg)
		return -ENOMEM;
	(void)cfg_set_error_function(cfg, load_on_error);
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
		r = load_store(l->config, cfg);
	else
		load_fail(l, cfg->line, "not understood", SEE_MANUAL);
	(void)cfg_free(cfg);
	return r;
}

int config_load(
	struct config *c, const char *file, const char *text, struct config_problem *ret_problem)
{
	struct load *l = calloc(1, sizeof(*l));
	char *ended = NULL;
	int r = -ENOMEM;

	if (!l || asprintf(&ended, "%s\n\"" LOAD_END "\" = \"\"\n", text) < 0) {
		free(l);
		return -ENOMEM;
	}
	l->config = c;
	l->file = file;
	l->problem = ret_problem;
	load_make_options(l);
	if (load_has_variable(l, text) || !load_blank_comments(l, ended))
		r = 1;
	else
		r = load_parse(l, ended);
	free(ended);
	free(l);
	return r;
}
