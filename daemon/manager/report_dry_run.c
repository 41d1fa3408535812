/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report_dry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/config/config_merge.h"
#include "daemon/config/config_table.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

static const char *const fates[] = {
	[DRY_RUN_SAME] = "same",
	[DRY_RUN_CHANGED] = "changed",
	[DRY_RUN_REPLACED] = "replaced",
	[DRY_RUN_KEPT] = "kept",
};

_Static_assert(sizeof(fates) / sizeof(fates[0]) == DRY_RUN_FATE_COUNT, "one per fate");

static json_t *text_or_null(const char *s)
{
	return s ? report_text(s) : json_null();
}

static void set(json_t *o, const char *key, json_t *value)
{
	(void)json_object_set_new(o, key, value);
}

/* --- where a value comes from ------------------------------------------------------------- */

struct origin {
	const char *key;
	char text[512];
};

static void note_origin(void *context, const struct config_setting *s)
{
	struct origin *o = context;

	if (strcmp(s->key, o->key) != 0)
		return;
	if (s->file)
		(void)snprintf(o->text, sizeof(o->text), "%s, %s:%d", config_source_name(s->source),
			s->file, s->line);
	else
		(void)snprintf(o->text, sizeof(o->text), "%s", config_source_name(s->source));
}

static json_t *origin_of(const struct dry_run_pool *d, int which, const char *key)
{
	struct origin o = { .key = key };
	const struct config *c = d->config[which];
	struct manager *m = d->pool->manager;
	const char *user = c->has_named_user ? accounts_name(&m->accounts, d->pool->uid) : NULL;

	config_explain(c, config_find_pool_of(c, &d->pool->spec, user), own_file_section(d->pool),
		&d->pool->spec, note_origin, &o);
	return report_text(o.text);
}

/* --- what differs ------------------------------------------------------------------------- */

/* @old, @fresh: NULL: not set */
static void add(json_t *settings, const struct dry_run_pool *d, const char *key, const char *old,
	const char *fresh)
{
	json_t *o = json_object();

	report_set_text(o, "key", key);
	set(o, "old", text_or_null(old));
	set(o, "new", text_or_null(fresh));
	set(o, "old_from", origin_of(d, 0, key));
	set(o, "new_from", origin_of(d, 1, key));
	(void)json_array_append_new(settings, o);
}

static void take_key(const char *entry, char key[POOL_SPEC_MAX_KEY + 1])
{
	size_t size = strcspn(entry, "=");

	memcpy(key, entry, size); /* a checked specification has no longer keys */
	key[size] = '\0';
}

static const char *value_of(const char *entry)
{
	return strchr(entry, '=') + 1;
}

/* Both are sorted. */
static void add_entries(json_t *settings, const struct dry_run_pool *d)
{
	const char *a = pool_spec_next(d->spec[0], NULL);
	const char *b = pool_spec_next(d->spec[1], NULL);

	while (a || b) {
		char x[POOL_SPEC_MAX_KEY + 1] = "", y[POOL_SPEC_MAX_KEY + 1] = "";
		int order;

		if (a)
			take_key(a, x);
		if (b)
			take_key(b, y);
		order = !a ? 1 : !b ? -1 : strcmp(x, y);
		if (order < 0)
			add(settings, d, x, value_of(a), NULL);
		else if (order > 0)
			add(settings, d, y, NULL, value_of(b));
		else if (a && b && strcmp(a, b) != 0)
			add(settings, d, x, value_of(a), value_of(b));
		if (order <= 0)
			a = pool_spec_next(d->spec[0], a);
		if (order >= 0)
			b = pool_spec_next(d->spec[1], b);
	}
}

static const struct config_handler *handler(const struct dry_run_pool *d, int which)
{
	const char *name = pool_spec_get(d->spec[which], SPEC_HANDLER);

	return name ? config_find_handler(d->config[which], name) : NULL;
}

static const char *env_of(const struct config_handler *h, const char *name)
{
	for (size_t i = 0; h && i < h->env_count; i++) {
		if (strcmp(h->env[i].name, name) == 0)
			return h->env[i].value;
	}
	return NULL;
}

static bool is_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_of_handler(
	json_t *settings, const char *key, const char *name, const char *old, const char *fresh)
{
	json_t *o;
	char whole[POOL_SPEC_MAX_KEY + 32];

	if (is_equal(old, fresh))
		return;
	o = json_object();
	(void)snprintf(whole, sizeof(whole), "%s%s", key, name);
	report_set_text(o, "key", whole);
	set(o, "old", text_or_null(old));
	set(o, "new", text_or_null(fresh));
	report_set_text(o, "old_from", "handler");
	report_set_text(o, "new_from", "handler");
	(void)json_array_append_new(settings, o);
}

/* What the handler's name stands for; one that is gone has nothing. */
static void add_handler(json_t *settings, const struct dry_run_pool *d)
{
	const struct config_handler *old = handler(d, 0), *fresh = handler(d, 1);

	add_of_handler(settings, "handler.binary", "", old ? old->binary : NULL,
		fresh ? fresh->binary : NULL);
	for (size_t i = 0; old && i < old->env_count; i++)
		add_of_handler(settings, "handler.env.", old->env[i].name, old->env[i].value,
			env_of(fresh, old->env[i].name));
	for (size_t i = 0; fresh && i < fresh->env_count; i++) {
		if (!env_of(old, fresh->env[i].name))
			add_of_handler(settings, "handler.env.", fresh->env[i].name, NULL,
				fresh->env[i].value);
	}
}

json_t *report_dry_run_pool(const struct dry_run_pool *d)
{
	struct manager *m = d->pool->manager;
	json_t *o = json_object(), *settings = json_array();
	const char *why = d->what;

	if (d->fate != DRY_RUN_KEPT) {
		add_entries(settings, d);
		add_handler(settings, d);
	}
	if (d->fate == DRY_RUN_REPLACED && !json_array_size(settings))
		why = "it was started with other settings: what its account may have has changed";
	report_set_uint(o, "id", d->pool->id);
	report_set_text(o, "name", d->pool->name);
	report_set_uint(o, "uid", d->pool->uid);
	report_set_text(o, "user", accounts_name(&m->accounts, d->pool->uid));
	report_set_uint(o, "pid", (uint64_t)d->pool->parent.pid);
	report_set_text(o, "fate", fates[d->fate]);
	report_set_text(o, "detail", why);
	set(o, "settings", settings);
	return o;
}

/* --- the whole ---------------------------------------------------------------------------- */

static json_t *problems_part(const struct config_problems *problems)
{
	json_t *a = json_array();

	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *p = &problems->item[i];
		json_t *o = json_object();

		report_set_text(o, "file", p->file);
		report_set_uint(o, "line", (uint64_t)p->line);
		report_set_text(o, "what", p->what);
		report_set_text(o, "remedy", p->remedy);
		set(o, "is_kept", json_boolean(p->is_kept));
		(void)json_array_append_new(a, o);
	}
	return a;
}

/* What is the host's: limits of all pools together, the log, who may connect. */
static json_t *host_part(const struct config *old, const struct config *fresh)
{
	json_t *a = json_array();
	size_t count;
	const struct config_key *table = config_table(&count);

	for (size_t i = 0; fresh && i < count; i++) {
		const struct config_key *key = &table[i];
		char value[2][1024] = { "(a list)", "(another list)" };
		json_t *o;

		if (key->section != CONFIG_SECTION_TOP || !config_differs_in(key, old, fresh))
			continue;
		if (!config_type_is_list(key->type)) {
			(void)config_value_read(key, old, value[0], sizeof(value[0]));
			(void)config_value_read(key, fresh, value[1], sizeof(value[1]));
		}
		o = json_object();
		report_set_text(o, "key", key->name);
		report_set_text(o, "old", value[0]);
		report_set_text(o, "new", value[1]);
		(void)json_array_append_new(a, o);
	}
	return a;
}

char *report_dry_run(const struct manager *m, int error, const char *detail)
{
	const struct dry_run *d = &m->dry_run;
	json_t *o = json_object();

	set(o, "is_usable", json_boolean(error == 0));
	report_set_text(o, "errno", error ? err_name(error) : "");
	report_set_text(o, "detail", detail);
	set(o, "problems", problems_part(&d->problems));
	report_set_uint(o, "running", d->count);
	for (int i = 0; i < DRY_RUN_FATE_COUNT; i++)
		report_set_uint(o, fates[i], d->fates[i]);
	set(o, "host", host_part(m->config, d->fresh));
	set(o, "pools", d->found ? json_incref(d->found) : json_array());
	return report_dump(o);
}
