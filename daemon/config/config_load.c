/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_load.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_pool.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_text.h"
#include "daemon/config/config_watch.h"
#include "proto/pool_spec.h"

/* rows of one section, two sections at the top, the context cell and the end */
#define LOAD_MAX_OPTIONS 64
/* no word of a file can be this one; it is how libconfuse's callbacks find our context */
#define LOAD_CONTEXT "(context)"
/*
 * libconfuse takes the end of the file for the end of a section. So each text gets one more line
 * that is legal outside of sections only.
 */
#define LOAD_END "(end)"

#define SEE_MANUAL "see lsapid.conf(5) for the keys and their values"

/* A mistake that is repeated in each line says nothing new. */
#define LOAD_MAX_PROBLEMS 20U

struct load {
	struct config *config;            /* borrowed: the caller's */
	const char *file;                 /* borrowed: the caller's */
	struct config_problems *problems; /* borrowed: the caller's */
	size_t failures;
	cfg_opt_t option[CONFIG_SECTION_COUNT][LOAD_MAX_OPTIONS];
};

static void load_fail(struct load *l, int line, const char *what, const char *remedy)
{
	struct config_problem p = { .line = 0 };

	/* libconfuse shows us the last value of a list twice */
	if (l->failures && l->problems->count &&
		strcmp(l->problems->item[l->problems->count - 1].what, what) == 0)
		return;
	if (l->failures++ >= LOAD_MAX_PROBLEMS)
		return;
	(void)config_problem_set(&p, l->file, line, what, remedy);
	config_problems_add(l->problems, &p);
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
	char what[sizeof(((struct config_problem *)0)->what)];

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
	char line[CONFIG_WHAT_SIZE + 64];

	if (!key || !text)
		return 0;
	/* the one place at an option that is ours to use */
	(void)snprintf(line, sizeof(line), "%d", cfg->line);
	(void)cfg_opt_setcomment(opt, line);
	if (config_value_check(key, text, what))
		return 0;
	(void)snprintf(line, sizeof(line), "%s %s", key->name, what);
	load_fail(l, cfg->line, line, key->help);
	return 0; /* go on: there may be more mistakes */
}

/* The line of the last value of @name in this section; 0 if it was not written. */
static int load_line(cfg_t *cfg, const char *name)
{
	cfg_opt_t *opt = cfg ? cfg_getopt(cfg, name) : NULL;
	const char *comment = opt ? cfg_opt_getcomment(opt) : NULL;
	uint64_t line = 0;

	return comment && str_parse_uint(comment, 0, INT32_MAX, &line) ? (int)line : 0;
}

static bool name_is_good(const char *name)
{
	const char *c = name;

	/* it travels as one value of the pool specification, and in log lines */
	while (c && (unsigned char)*c > 0x20 && *c != 0x7f)
		c++;
	return c && c != name && *c == '\0' && c - name <= 255;
}

static int load_on_handler(cfg_t *cfg, cfg_opt_t *opt)
{
	const cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	if (!section || !name_is_good(section->title))
		load_fail(load_of(cfg), cfg->line,
			"handler has a name that is empty, too long or has spaces",
			"name it as Apache's AddHandler or AddType does: "
			"application/x-httpd-lsphp");
	return 0;
}

/* The end of one pool: does it make sense as a whole? */
static int load_on_pool(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct load *l = load_of(cfg);
	const char *handler = section ? cfg_getstr(section, "handler") : NULL;

	if (!section || !name_is_good(section->title))
		load_fail(l, cfg->line, "pool has a name that is empty, too long or has spaces",
			"name it after the site or its user: pool \"site1\" { ... }");
	if (section && !cfg_getstr(section, "user"))
		load_fail(l, cfg->line, "pool has no user", "write user = \"NAME\" into it");
	if (handler && !config_find_handler(l->config, handler)) {
		char what[CONFIG_WHAT_SIZE];

		(void)snprintf(
			what, sizeof(what), "handler '%.100s' is not in lsapid.conf", handler);
		load_fail(l, load_line(section, "handler"), what,
			"name one of its handler sections, or add it there");
	}
	return 0;
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

static void load_add_keys(struct load *l, size_t *used, enum config_section section)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct config_key *k = &table[i];

		if (k->section != section)
			continue;
		l->option[section][used[section]++] = (cfg_opt_t){
			.name = k->name,
			.type = CFGT_STR,
			.flags = config_type_is_list(k->type) ? CFGF_LIST : CFGF_NONE,
			.validcb = load_on_value,
		};
	}
}

/* The table as libconfuse wants it. All values are text to it; what they mean is ours. */
static void load_make_options(struct load *l, bool is_pool_file)
{
	static const cfg_flag_t named = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	size_t used[CONFIG_SECTION_COUNT] = { 0 };
	size_t i;

	if (is_pool_file) {
		load_add_keys(l, used, CONFIG_SECTION_POOL);
		load_add_section(
			l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_POOL, named, load_on_pool);
	} else {
		load_add_keys(l, used, CONFIG_SECTION_TOP);
		load_add_keys(l, used, CONFIG_SECTION_HANDLER);
		load_add_keys(l, used, CONFIG_SECTION_DEFAULTS);
		load_add_section(l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_HANDLER, named,
			load_on_handler);
		load_add_section(
			l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_DEFAULTS, CFGF_NONE, NULL);
	}
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

		if (table[i].section != section || config_type_is_list(table[i].type))
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

static int load_store_watch(cfg_t *cfg, struct config_handler *h)
{
	size_t count = cfg ? cfg_size(cfg, "watch") : 0;
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++)
		r = config_watch_add(h, cfg_getnstr(cfg, "watch", (unsigned)i));
	return r || count ? r : config_watch_add_own(h);
}

static int load_store_names(cfg_t *cfg, const char *key, struct config_names *n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < cfg_size(cfg, key) && r == 0; i++)
		r = config_names_add(n, cfg_getnstr(cfg, key, (unsigned)i));
	return r;
}

static int load_store_handler(struct config *c, const char *name, cfg_t *cfg)
{
	struct config_handler *h = &c->handlers[c->handler_count++];
	int r;

	h->name = strdup(name);
	if (!h->name)
		return -ENOMEM;
	r = load_store_section(CONFIG_SECTION_HANDLER, cfg, h);
	if (r == 0)
		r = load_store_env(cfg, h);
	return r ? r : load_store_watch(cfg, h);
}

static void load_store_lines(struct config *c, cfg_t *cfg)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t row = 0;
	size_t i;

	for (i = 0; i < count && row < CONFIG_MAX_DEFAULTS; i++) {
		if (table[i].section == CONFIG_SECTION_DEFAULTS)
			c->defaults_line[row++] = load_line(cfg, table[i].name);
	}
}

static int load_store(struct config *c, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "handler");
	size_t i;
	int r = load_store_section(CONFIG_SECTION_TOP, cfg, c);

	if (r == 0)
		r = load_store_names(cfg, "shim_users", &c->shim_users);
	if (r == 0)
		r = load_store_section(
			CONFIG_SECTION_DEFAULTS, cfg_getsec(cfg, "defaults"), &c->defaults);
	if (r)
		return r;
	load_store_lines(c, cfg_getsec(cfg, "defaults"));
	c->handlers = calloc(count ? count : 1, sizeof(c->handlers[0]));
	if (!c->handlers)
		return -ENOMEM;
	/* no handler at all: the one that mod_lsapi's own configuration names */
	c->has_implicit_handler = count == 0;
	if (count == 0)
		return load_store_handler(c, CONFIG_DEFAULT_HANDLER, NULL);
	for (i = 0; i < count && r == 0; i++) {
		cfg_t *section = cfg_getnsec(cfg, "handler", (unsigned)i);

		r = load_store_handler(c, cfg_title(section), section);
	}
	return r;
}

static int load_store_list(struct config_pool *p, const struct config_key *k, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, k->name);
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		const char *text = cfg_getnstr(cfg, k->name, (unsigned)i);

		r = k->spec ? config_pool_add_named(p, k->spec, text, load_line(cfg, k->name))
			    : config_pool_add_vhost(p, text);
	}
	return r;
}

static int load_store_pool(struct config_pool *p, cfg_t *cfg)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	const char *most = cfg_getstr(cfg, "children_max");
	const char *log = cfg_getstr(cfg, "log");
	char value[POOL_SPEC_MAX_VALUE];
	uint64_t number;
	size_t i;
	int r = 0;

	p->name = strdup(cfg_title(cfg));
	p->user = strdup(cfg_getstr(cfg, "user"));
	p->line = load_line(cfg, "user");
	p->children_max_line = load_line(cfg, "children_max");
	if (most && str_parse_uint(most, 0, UINT32_MAX, &number))
		p->children_max = (uint32_t)number;
	p->log = log ? strdup(log) : NULL;
	p->log_line = load_line(cfg, "log");
	if (!p->name || !p->user || (log && !p->log))
		return -ENOMEM;
	for (i = 0; i < count && r == 0; i++) {
		const struct config_key *k = &table[i];
		const char *text;

		if (k->section != CONFIG_SECTION_POOL)
			continue;
		if (config_type_is_list(k->type)) {
			r = load_store_list(p, k, cfg);
			continue;
		}
		text = k->spec ? cfg_getstr(cfg, k->name) : NULL;
		if (text)
			r = config_pool_add_entry(p, k->spec,
				config_value_format(k, text, value, sizeof(value)),
				load_line(cfg, k->name));
	}
	return r;
}

/* All of one file or none: who is claimed already makes the whole file wrong. */
static int load_store_pools(struct load *l, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "pool");
	size_t before = l->config->pool_count;
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		struct config_pool *p = calloc(1, sizeof(*p));
		struct config_problem problem = { .line = 0 };

		r = p ? load_store_pool(p, cfg_getnsec(cfg, "pool", (unsigned)i)) : -ENOMEM;
		if (r == 0)
			r = config_pool_enter(l->config, p, l->file, &problem);
		if (r)
			(void)config_pool_free(p);
		if (r > 0)
			load_fail(l, problem.line, problem.what, problem.remedy);
	}
	if (r)
		config_pool_truncate(l->config, before);
	return r;
}

static int load_parse(struct load *l, const char *text, bool is_pool_file)
{
	cfg_t *cfg = cfg_init(l->option[CONFIG_SECTION_TOP], CFGF_NONE);
	int r = 1;

	if (!cfg)
		return -ENOMEM;
	(void)cfg_set_error_function(cfg, load_on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && !l->failures)
		load_fail(l, cfg->line, "not understood", SEE_MANUAL);
	if (!l->failures)
		r = is_pool_file ? load_store_pools(l, cfg) : load_store(l->config, cfg);
	(void)cfg_free(cfg);
	return r;
}

static int load_run(struct load *l, const char *text, bool is_pool_file)
{
	int line = config_text_find_variable(text);
	char *ended = NULL;
	int r = 1;

	if (line) {
		load_fail(l, line, "${ is found, but environment variables are not replaced here",
			"write the value itself");
		return 1;
	}
	if (asprintf(&ended, "%s\n\"" LOAD_END "\" = \"\"\n", text) < 0)
		return -ENOMEM;
	load_make_options(l, is_pool_file);
	line = config_text_blank_comments(ended);
	if (line)
		load_fail(l, line, "a comment has no end", "write the missing */");
	else
		r = load_parse(l, ended, is_pool_file);
	free(ended);
	return r;
}

int config_load(
	struct config *c, const char *file, const char *text, struct config_problems *ret_problems)
{
	struct load l = { .config = c, .file = file, .problems = ret_problems };

	c->file = strdup(file);
	return c->file ? load_run(&l, text, false) : -ENOMEM;
}

int config_load_pools(
	struct config *c, const char *file, const char *text, struct config_problems *ret_problems)
{
	struct load l = { .config = c, .file = file, .problems = ret_problems };

	return load_run(&l, text, true);
}
