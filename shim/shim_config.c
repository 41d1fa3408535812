/* SPDX-License-Identifier: Apache-2.0 */

#include "shim/shim.h"

#include <string.h>

#include <apr_strings.h>

static struct shim_config *config_create(apr_pool_t *p)
{
	struct shim_config *config = apr_pcalloc(p, sizeof(*config));

	for (int i = 0; i < SHIM_SETTING_COUNT; i++)
		config->value[i] = SHIM_UNSET;
	return config;
}

void *shim_config_create_server(apr_pool_t *p, server_rec *s)
{
	return config_create(p);
}

void *shim_config_create_dir(apr_pool_t *p, char *dir)
{
	return config_create(p);
}

static bool is_admin(const struct shim_ini *ini)
{
	return ini->ini_class == LSAPI_INI_ADMIN;
}

/* As mod_php: what an administrator has set stays, whatever a section below says as a user. */
static void ini_merge_one(struct shim_config *config, apr_pool_t *p, const struct shim_ini *ini)
{
	for (int i = 0; i < config->ini->nelts; i++) {
		struct shim_ini *old = &APR_ARRAY_IDX(config->ini, i, struct shim_ini);

		if (strcmp(old->name, ini->name) == 0) {
			if (is_admin(ini) || !is_admin(old))
				*old = *ini;
			return;
		}
	}
	APR_ARRAY_PUSH(config->ini, struct shim_ini) = *ini;
}

static apr_array_header_t *ini_merge(
	apr_pool_t *p, const struct shim_config *base, const struct shim_config *add)
{
	if (!base->ini || !add->ini)
		return add->ini ? add->ini : base->ini;
	struct shim_config merged = { .ini = apr_array_copy(p, base->ini) };

	for (int i = 0; i < add->ini->nelts; i++)
		ini_merge_one(&merged, p, &APR_ARRAY_IDX(add->ini, i, struct shim_ini));
	return merged.ini;
}

static apr_table_t *table_merge(apr_pool_t *p, apr_table_t *base, apr_table_t *add)
{
	if (!base || !add)
		return add ? add : base;
	apr_table_t *merged = apr_table_copy(p, base);

	apr_table_overlap(merged, add, APR_OVERLAP_TABLES_SET);
	return merged;
}

static apr_array_header_t *list_merge(
	apr_pool_t *p, apr_array_header_t *base, apr_array_header_t *add)
{
	if (!base || !add)
		return add ? add : base;
	return apr_array_append(p, base, add);
}

void *shim_config_merge(apr_pool_t *p, void *base_config, void *add_config)
{
	const struct shim_config *base = base_config;
	const struct shim_config *add = add_config;
	struct shim_config *merged = apr_palloc(p, sizeof(*merged));

	*merged = *add;
	for (int i = 0; i < SHIM_SETTING_COUNT; i++)
		if (add->value[i] == SHIM_UNSET)
			merged->value[i] = base->value[i];
	for (int i = 0; i < SHIM_WORD_COUNT; i++)
		if (!add->word[i])
			merged->word[i] = base->word[i];
	for (int i = 0; i < SHIM_CLASS_COUNT; i++)
		if (!add->error_code[i])
			merged->error_code[i] = base->error_code[i];
	if (!add->path)
		merged->path = base->path;
	for (int i = 0; i < SHIM_SOURCE_COUNT; i++)
		if (!add->owner[i].text)
			merged->owner[i] = base->owner[i];
	if (!add->access) {
		merged->access = base->access;
		merged->has_usage_log = base->has_usage_log;
	}
	if (!add->user_phpini)
		merged->user_phpini = base->user_phpini;
	merged->ini = ini_merge(p, base, add);
	merged->env = table_merge(p, base->env, add->env);
	merged->sendfile = list_merge(p, base->sendfile, add->sendfile);
	merged->param = table_merge(p, base->param, add->param);
	return merged;
}

struct shim_config *shim_config_of_server(const server_rec *s)
{
	return ap_get_module_config(s->module_config, &lsapi_module);
}

struct shim_config *shim_config_of_request(const request_rec *r)
{
	return ap_get_module_config(r->per_dir_config, &lsapi_module);
}

/* What counts when nothing is written. */
static const int fallback[SHIM_SETTING_COUNT] = {
#define SWITCH(id, name, holder, context, is_on, effect, help)               [SHIM_##id] = (is_on),
#define NUMBER(id, name, holder, context, least, most, number, effect, help) [SHIM_##id] = (number),
#define WORD(...)
#define ALIAS(...)
#define OTHER(...)
#include "proto/directives.def"
#undef SWITCH
#undef NUMBER
#undef WORD
#undef ALIAS
#undef OTHER
};

int shim_config_get(const struct shim_config *config, enum shim_setting setting)
{
	int value = config->value[setting];

	return value == SHIM_UNSET ? fallback[setting] : value;
}

bool shim_config_is_set(const struct shim_config *config, enum shim_setting setting)
{
	return config->value[setting] != SHIM_UNSET;
}

void shim_config_add_ini(apr_pool_t *p, struct shim_config *config, const struct shim_ini *ini)
{
	if (!config->ini)
		config->ini = apr_array_make(p, 4, sizeof(struct shim_ini));
	for (int i = 0; i < config->ini->nelts; i++) {
		struct shim_ini *old = &APR_ARRAY_IDX(config->ini, i, struct shim_ini);

		if (strcmp(old->name, ini->name) == 0) {
			*old = *ini;
			return;
		}
	}
	APR_ARRAY_PUSH(config->ini, struct shim_ini) = *ini;
}
