/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_store.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_pool.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_watch.h"
#include "proto/pool_spec.h"

static int option_line(cfg_opt_t *opt)
{
	const char *comment = opt ? cfg_opt_getcomment(opt) : NULL;
	uint64_t line = 0;

	return comment && str_parse_uint(comment, 0, INT32_MAX, &line) ? (int)line : 0;
}

int config_store_line(cfg_t *cfg, const char *name)
{
	return option_line(cfg ? cfg_getopt(cfg, name) : NULL);
}

/* Every key of @section: what the file says, else the default. @cfg NULL: defaults only. */
static int store_section(enum config_section section, cfg_t *cfg, void *object)
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

static int store_env(cfg_t *cfg, struct config_handler *h)
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

static int store_watch(cfg_t *cfg, struct config_handler *h)
{
	size_t count = cfg ? cfg_size(cfg, "watch") : 0;
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++)
		r = config_watch_add(h, cfg_getnstr(cfg, "watch", (unsigned)i));
	return r || count ? r : config_watch_add_own(h);
}

static int store_names(cfg_t *cfg, const char *key, struct config_names *n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < cfg_size(cfg, key) && r == 0; i++)
		r = config_names_add(n, cfg_getnstr(cfg, key, (unsigned)i));
	return r;
}

static int store_handler(struct config *c, const char *name, cfg_t *cfg)
{
	struct config_handler *h = &c->handlers[c->handler_count++];
	int r;

	h->name = strdup(name);
	if (!h->name)
		return -ENOMEM;
	r = store_section(CONFIG_SECTION_HANDLER, cfg, h);
	if (r == 0)
		r = store_env(cfg, h);
	return r ? r : store_watch(cfg, h);
}

static void store_lines(struct config *c, cfg_t *cfg)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t row = 0;
	size_t i;

	for (i = 0; i < count && row < CONFIG_MAX_DEFAULTS; i++) {
		if (table[i].section == CONFIG_SECTION_DEFAULTS)
			c->defaults_line[row++] = config_store_line(cfg, table[i].name);
	}
}

int config_store_main(struct config *c, cfg_t *cfg)
{
	size_t count = cfg_size(cfg, "handler");
	size_t i;
	int r = store_section(CONFIG_SECTION_TOP, cfg, c);

	if (r == 0)
		r = store_names(cfg, "shim_users", &c->shim_users);
	if (r == 0)
		r = store_section(
			CONFIG_SECTION_DEFAULTS, cfg_getsec(cfg, "defaults"), &c->defaults);
	if (r)
		return r;
	store_lines(c, cfg_getsec(cfg, "defaults"));
	c->handlers = calloc(count ? count : 1, sizeof(c->handlers[0]));
	if (!c->handlers)
		return -ENOMEM;
	/* no handler at all: the one that mod_lsapi's own configuration names */
	c->has_implicit_handler = count == 0;
	if (count == 0)
		return store_handler(c, CONFIG_DEFAULT_HANDLER, NULL);
	for (i = 0; i < count && r == 0; i++) {
		cfg_t *section = cfg_getnsec(cfg, "handler", (unsigned)i);

		r = store_handler(c, cfg_title(section), section);
	}
	return r;
}

static int store_list(struct config_pool *p, const struct config_key *k, cfg_opt_t *opt)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < cfg_opt_size(opt) && r == 0; i++) {
		const char *text = cfg_opt_getnstr(opt, i);

		r = k->spec ? config_pool_add_named(p, k->spec, text, option_line(opt))
			    : config_pool_add_vhost(p, text);
	}
	return r;
}

static int store_setting(struct config_pool *p, cfg_opt_t *opt, bool is_user)
{
	const char *text = opt->type == CFGT_STR ? cfg_opt_getnstr(opt, 0) : NULL;
	const struct config_key *k = text ? config_find_key(CONFIG_SECTION_POOL, opt->name) : NULL;
	char value[POOL_SPEC_MAX_VALUE];

	if (!k || (is_user && k->user == CONFIG_USER_NOT))
		return 0;
	if (config_type_is_list(k->type))
		return store_list(p, k, opt);
	if (!k->spec)
		return 0;
	return config_pool_add_entry(
		p, k->spec, config_value_format(k, text, value, sizeof(value)), option_line(opt));
}

/* Whose it is, and what else is no setting of the pool specification. */
static int store_owner(struct config_pool *p, cfg_t *cfg, bool is_user)
{
	const char *title = cfg_title(cfg);
	const char *most;
	const char *log;
	uint64_t number;

	p->name = strdup(title ? title : "");
	if (is_user) {
		p->user = strdup("");
		p->line = config_store_line(cfg, "vhosts");
		return p->name && p->user ? 0 : -ENOMEM;
	}
	p->user = strdup(cfg_getstr(cfg, "user"));
	p->line = config_store_line(cfg, "user");
	p->children_max_line = config_store_line(cfg, "children_max");
	most = cfg_getstr(cfg, "children_max");
	if (most && str_parse_uint(most, 0, UINT32_MAX, &number))
		p->children_max = (uint32_t)number;
	log = cfg_getstr(cfg, "log");
	p->log = log ? strdup(log) : NULL;
	p->log_line = config_store_line(cfg, "log");
	return p->name && p->user && (!log || p->log) ? 0 : -ENOMEM;
}

int config_store_pool(struct config_pool *p, cfg_t *cfg, bool is_user)
{
	cfg_opt_t *opt;
	int r = store_owner(p, cfg, is_user);

	/* what the file says, not all that it could: there may be thousands of files */
	for (opt = cfg->opts; opt->name && r == 0; opt++)
		r = store_setting(p, opt, is_user);
	/* for messages about the whole: a section of a user's own file needs no key at all */
	if (!p->line && p->entry_count)
		p->line = p->entries[0].line;
	return r;
}
