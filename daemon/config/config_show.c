/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_show.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/json_text.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_table.h"

struct shower {
	const struct config_shown *shown;
	struct config_children children;
	const char *separator;
	FILE *to;
};

static const struct config_key *find_row(const char *key)
{
	const struct config_key *row = config_find_spec(CONFIG_SECTION_DEFAULTS, key);

	return row ? row : config_find_spec(CONFIG_SECTION_POOL, key);
}

static const char *unit(const struct config_key *row)
{
	if (!row)
		return "";
	return row->type == CONFIG_TYPE_SECONDS        ? "s"
	       : row->type == CONFIG_TYPE_MILLISECONDS ? "ms"
	       : row->type == CONFIG_TYPE_SIZE         ? "bytes"
						       : "";
}

/* Only the rows of the defaults have one; "": nothing is set. */
static void show_default(struct shower *p, const char *key)
{
	const struct config_key *row = config_find_spec(CONFIG_SECTION_DEFAULTS, key);
	char text[POOL_SPEC_MAX_VALUE + 1];

	if (row)
		json_text_member(
			p->to, "default", config_value_format(row, row->value, text, sizeof(text)));
}

static void show_one(struct shower *p, const struct config_setting *s)
{
	FILE *to = p->to;

	(void)fprintf(to, "%s\n  {", p->separator);
	p->separator = ",";
	json_text_member(to, "key", s->key);
	json_text_member(to, "value", s->value);
	json_text_member(to, "unit", unit(find_row(s->key)));
	show_default(p, s->key);
	if (s->instead_of) {
		json_text_member(to, "instead_of", s->instead_of);
		json_text_member(to, "instead_source", config_source_name(s->instead_source));
	}
	if (s->asked) {
		json_text_member(to, "asked", s->asked);
		(void)fprintf(to, "\"asked_line\": %d, ", s->asked_line);
	}
	json_text_member(to, "file", s->file ? s->file : "");
	(void)fprintf(to, "\"line\": %d, \"source\": ", s->file ? s->line : 0);
	json_text_put(to, config_source_name(s->source));
	(void)fputs("}", to);
}

/* A number of children that nobody has written follows what the account may have. */
static void show_setting(void *context, const struct config_setting *s)
{
	struct shower *p = context;
	struct config_setting lowered = *s;
	char text[16];

	if (strcmp(s->key, SPEC_CHILDREN) == 0 && p->children.source != s->source) {
		(void)snprintf(text, sizeof(text), "%u", p->children.count);
		lowered.value = text;
		lowered.source = p->children.source;
		lowered.instead_of = s->value;
		lowered.instead_source = s->source;
	}
	show_one(p, &lowered);
}

static void show_cap(struct shower *p)
{
	struct config_setting s;
	char text[16];

	(void)snprintf(
		text, sizeof(text), "%u", config_merge_cap(p->shown->config, p->shown->pool, &s));
	s.key = "children_max";
	s.value = text;
	if (!s.file)
		s.source = CONFIG_SOURCE_DOCUMENTED;
	else
		s.source = p->shown->pool && s.file == p->shown->pool->file
				   ? CONFIG_SOURCE_POOL_FILE
				   : CONFIG_SOURCE_DEFAULTS;
	show_one(p, &s);
}

static void show_log(struct shower *p)
{
	const struct config_pool *pool = p->shown->pool;
	const struct config_setting s = {
		.key = "log",
		.value = pool && pool->log ? pool->log : "",
		.source = pool && pool->log ? CONFIG_SOURCE_POOL_FILE : CONFIG_SOURCE_DOCUMENTED,
		.file = pool && pool->log ? pool->file : NULL,
		.line = pool ? pool->log_line : 0,
	};

	show_one(p, &s);
}

static const char *handler_name(const struct config_shown *w)
{
	const char *name = pool_spec_get(w->spec, SPEC_HANDLER);
	size_t i;

	for (i = 0; w->pool && i < w->pool->entry_count; i++) {
		if (strcmp(w->pool->entries[i].key, SPEC_HANDLER) == 0)
			name = w->pool->entries[i].value;
	}
	return name ? name : "";
}

static void show_handler(const struct config_shown *w, FILE *to)
{
	const char *name = handler_name(w);
	const struct config_handler *h = config_find_handler(w->config, name);
	size_t i;

	(void)fputs("\"handler\": {", to);
	json_text_member(to, "name", name);
	json_text_member(to, "binary", h ? h->binary : "");
	(void)fputs("\"env\": {", to);
	for (i = 0; h && i < h->env_count; i++) {
		(void)fputs(i ? ", " : "", to);
		json_text_put(to, h->env[i].name);
		(void)fputs(": ", to);
		json_text_put(to, h->env[i].value);
	}
	(void)fputs("}, \"watch\": [", to);
	for (i = 0; h && i < h->watch_count; i++) {
		(void)fputs(i ? ", " : "", to);
		json_text_put(to, h->watch[i]);
	}
	(void)fputs("]},\n", to);
}

static void show_account(const struct config_children *k, FILE *to)
{
	if (k->process_limit != CGROUP_UNLIMITED) {
		(void)fprintf(to, "\"process_limit\": %" PRIu64 ", ", k->process_limit);
		json_text_member(to, "process_limit_from", config_source_name(k->process_source));
	}
	(void)fprintf(to, "\"has_uid_limit_warning\": %s,\n",
		config_children_contradict(k) ? "true" : "false");
}

void config_show(const struct config_shown *w, FILE *to)
{
	struct shower p = { .shown = w, .separator = "", .to = to };
	char where[4096 + 16] = "";

	config_explain(w->config, w->pool, w->own, w->spec, config_children_see, &p.children);
	config_children_settle(&p.children,
		config_merge_is_written(w->config, w->pool, w->spec, SPEC_CHILDREN), w->account);
	show_handler(w, to);
	if (w->pool)
		(void)snprintf(where, sizeof(where), "%s:%d", w->pool->file, w->pool->line);
	json_text_member(to, "pool_file", where);
	show_account(&p.children, to);
	(void)fputs("\"settings\": [", to);
	config_explain(w->config, w->pool, w->own, w->spec, show_setting, &p);
	show_cap(&p);
	show_log(&p);
	(void)fputs("]", to);
}
