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
#include "daemon/config/config_store.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_text.h"
#include "daemon/config/config_user.h"
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

#define SEE_MANUAL "see lsapid.conf(5) and pools.d(5) for the keys and their values"

/* A mistake that is repeated in each line says nothing new. */
#define LOAD_MAX_PROBLEMS 20U

/* What kind of file it is. */
enum load_kind {
	LOAD_MAIN,  /* lsapid.conf */
	LOAD_POOLS, /* a pool file */
	LOAD_USER   /* a user's own: keys of a pool, alone or in sections */
};

struct load {
	enum load_kind kind;
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

/* What is allowed, for who has written something else. */
static const char *load_see(const struct load *l, char *out, size_t size)
{
	size_t used;

	if (l->kind != LOAD_USER)
		return SEE_MANUAL;
	used = (size_t)snprintf(out, size, "the keys of this file are ");
	(void)config_user_keys(out + used, size - used);
	return out;
}

static void ATTR_PRINTF(2, 0) load_on_error(cfg_t *cfg, const char *format, va_list args)
{
	struct load *l = load_of(cfg);
	char what[sizeof(((struct config_problem *)0)->what)];
	char remedy[sizeof(((struct config_problem *)0)->remedy)];

	/* libconfuse always has one; gcc with a sanitizer sees a path where it has not */
	if (!format)
		return;
	(void)vsnprintf(what, sizeof(what), format, args);
	if (l && strstr(what, LOAD_END))
		load_fail(l, cfg->line - 1, "a section has no end", "write the missing }");
	else if (l)
		load_fail(l, cfg->line, what, load_see(l, remedy, sizeof(remedy)));
}

static const struct config_key *load_find_key(const cfg_t *cfg, const char *name)
{
	enum config_section section =
		load_of(cfg)->kind == LOAD_USER ? CONFIG_SECTION_POOL : CONFIG_SECTION_TOP;
	size_t i;

	for (i = CONFIG_SECTION_HANDLER; i < CONFIG_SECTION_COUNT; i++) {
		if (strcmp(cfg->name, config_section_name((enum config_section)i)) == 0)
			section = (enum config_section)i;
	}
	return config_find_key(section, name);
}

/* Is a good value too much for a file of this kind? */
static bool load_may(const struct load *l, const struct config_key *key, const char *text,
	char what[CONFIG_WHAT_SIZE])
{
	if (l->kind != LOAD_USER || key->type != CONFIG_TYPE_ENV_LIST ||
		!config_user_env_is_forbidden(text, strcspn(text, "=")))
		return true;
	(void)snprintf(what, CONFIG_WHAT_SIZE, "has '%.60s', which this file cannot set", text);
	return false;
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
	if (config_value_check(key, text, what) && load_may(l, key, text, what))
		return 0;
	(void)snprintf(line, sizeof(line), "%s %s", key->name, what);
	load_fail(l, cfg->line, line, key->help);
	return 0; /* go on: there may be more mistakes */
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
	const char *handler;

	if (!section || !name_is_good(section->title))
		load_fail(l, cfg->line, "pool has a name that is empty, too long or has spaces",
			"name it after the site or its user: pool \"site1\" { ... }");
	if (l->kind == LOAD_USER)
		return 0;
	if (section && !cfg_getstr(section, "user"))
		load_fail(l, cfg->line, "pool has no user", "write user = \"NAME\" into it");
	handler = section ? cfg_getstr(section, "handler") : NULL;
	if (handler && !config_find_handler(l->config, handler)) {
		char what[CONFIG_WHAT_SIZE];

		(void)snprintf(
			what, sizeof(what), "handler '%.100s' is not in lsapid.conf", handler);
		load_fail(l, config_store_line(section, "handler"), what,
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

/* The keys of @section, among the options of @at. */
static void load_add_keys(
	struct load *l, size_t *used, enum config_section section, enum config_section at)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct config_key *k = &table[i];

		if (k->section != section || (l->kind == LOAD_USER && k->user == CONFIG_USER_NOT))
			continue;
		l->option[at][used[at]++] = (cfg_opt_t){
			.name = k->name,
			.type = CFGT_STR,
			/* ours are the defaults: its copies of none would be half of its work */
			.flags = CFGF_NODEFAULT |
				 (config_type_is_list(k->type) ? CFGF_LIST : CFGF_NONE),
			.validcb = load_on_value,
		};
	}
}

/* The table as libconfuse wants it. All values are text to it; what they mean is ours. */
static void load_make_options(struct load *l)
{
	static const cfg_flag_t named = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	size_t used[CONFIG_SECTION_COUNT] = { 0 };
	size_t i;

	if (l->kind == LOAD_USER)
		load_add_keys(l, used, CONFIG_SECTION_POOL, CONFIG_SECTION_TOP);
	if (l->kind != LOAD_MAIN) {
		load_add_keys(l, used, CONFIG_SECTION_POOL, CONFIG_SECTION_POOL);
		load_add_section(
			l, &used[CONFIG_SECTION_TOP], CONFIG_SECTION_POOL, named, load_on_pool);
	} else {
		load_add_keys(l, used, CONFIG_SECTION_TOP, CONFIG_SECTION_TOP);
		load_add_keys(l, used, CONFIG_SECTION_HANDLER, CONFIG_SECTION_HANDLER);
		load_add_keys(l, used, CONFIG_SECTION_DEFAULTS, CONFIG_SECTION_DEFAULTS);
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

static int load_enter_pool(struct load *l, cfg_t *cfg)
{
	struct config_pool *p = calloc(1, sizeof(*p));
	struct config_problem problem = { .line = 0 };
	int r = p ? config_store_pool(p, cfg, l->kind == LOAD_USER) : -ENOMEM;

	/* keys that stand alone, but there are none of them */
	if (r == 0 && !cfg_title(cfg) && !p->entry_count)
		return config_pool_free(p) ? -EINVAL : 0;
	if (r == 0)
		r = config_pool_enter(l->config, p, l->file, &problem);
	if (r)
		(void)config_pool_free(p);
	if (r > 0)
		load_fail(l, problem.line, problem.what, problem.remedy);
	return r;
}

/* All of one file or none: who is claimed already makes the whole file wrong. */
static int load_store_pools(struct load *l, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "pool");
	size_t before = l->config->pool_count;
	size_t i;
	int r = l->kind == LOAD_USER ? load_enter_pool(l, cfg) : 0;

	for (i = 0; i < count && r == 0; i++)
		r = load_enter_pool(l, cfg_getnsec(cfg, "pool", (unsigned)i));
	if (r)
		config_pool_truncate(l->config, before);
	return r;
}

static int load_parse(struct load *l, const char *text)
{
	cfg_t *cfg = cfg_init(l->option[CONFIG_SECTION_TOP], CFGF_NONE);
	int r = 1;

	if (!cfg)
		return -ENOMEM;
	(void)cfg_set_error_function(cfg, load_on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && !l->failures)
		load_fail(l, cfg->line, "not understood", SEE_MANUAL);
	if (!l->failures)
		r = l->kind == LOAD_MAIN ? config_store_main(l->config, cfg)
					 : load_store_pools(l, cfg);
	(void)cfg_free(cfg);
	return r;
}

static int load_run(struct load *l, const char *text)
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
	load_make_options(l);
	line = config_text_blank_comments(ended);
	if (line)
		load_fail(l, line, "a comment has no end", "write the missing */");
	else
		r = load_parse(l, ended);
	free(ended);
	return r;
}

int config_load(
	struct config *c, const char *file, const char *text, struct config_problems *ret_problems)
{
	struct load l = { .config = c, .file = file, .problems = ret_problems };

	c->file = strdup(file);
	return c->file ? load_run(&l, text) : -ENOMEM;
}

int config_load_user(
	struct config *c, const char *file, const char *text, struct config_problems *ret_problems)
{
	struct load l = { .kind = LOAD_USER, .config = c, .file = file, .problems = ret_problems };

	return load_run(&l, text);
}

int config_load_pools(
	struct config *c, const char *file, const char *text, struct config_problems *ret_problems)
{
	struct load l = { .kind = LOAD_POOLS, .config = c, .file = file, .problems = ret_problems };

	return load_run(&l, text);
}
