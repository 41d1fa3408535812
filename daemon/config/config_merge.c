/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_merge.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_user.h"

/* Everybody who may say something about a pool. */
struct layers {
	const struct config *config;
	const struct config_pool *pool; /* NULL: none */
	const struct config_pool *user; /* NULL: none */
	const struct pool_spec *spec;
	config_setting_fn tell;
	void *context;
};

const char *config_source_name(enum config_source source)
{
	static const char *const names[CONFIG_SOURCE_COUNT] = {
		[CONFIG_SOURCE_DOCUMENTED] = "default",
		[CONFIG_SOURCE_DEFAULTS] = "defaults",
		[CONFIG_SOURCE_DIRECTIVE] = "Apache",
		[CONFIG_SOURCE_POOL_FILE] = "pool file",
		[CONFIG_SOURCE_CAP] = "children_max",
		[CONFIG_SOURCE_PIDS_MAX] = "pids.max",
		[CONFIG_SOURCE_NPROC] = "RLIMIT_NPROC",
		[CONFIG_SOURCE_USER_FILE] = "user file",
	};

	return names[source];
}

const struct config_pool *config_find_pool_of(
	const struct config *c, const struct pool_spec *spec, const char *user)
{
	const char *scope = pool_spec_get(spec, SPEC_SCOPE);
	/* a pool of a whole account belongs to no virtual host (behaviours.md B33) */
	bool is_account = scope && strcmp(scope, "user") == 0;
	uint64_t uid;

	if (pool_spec_get_uint(spec, SPEC_UID, 0, UINT32_MAX - 1, &uid))
		return NULL;
	return config_find_pool(
		c, (uid_t)uid, user, is_account ? NULL : pool_spec_get(spec, SPEC_NAME));
}

uint32_t config_merge_cap(
	const struct config *c, const struct config_pool *pool, struct config_setting *ret_origin)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t row = 0;
	size_t i;

	*ret_origin = (struct config_setting){ .key = SPEC_CHILDREN, .source = CONFIG_SOURCE_CAP };
	if (pool && pool->children_max) {
		ret_origin->file = pool->file;
		ret_origin->line = pool->children_max_line;
		return pool->children_max;
	}
	for (i = 0; i < count; i++) {
		if (table[i].section != CONFIG_SECTION_DEFAULTS)
			continue;
		if (strcmp(table[i].name, "children_max") == 0)
			ret_origin->line = c->defaults_line[row];
		row++;
	}
	ret_origin->file = ret_origin->line ? c->file : NULL;
	return c->defaults.children_max;
}

static const struct config_entry *find_entry(const struct config_pool *pool, const char *key)
{
	size_t i;

	for (i = 0; pool && i < pool->entry_count; i++) {
		if (strcmp(pool->entries[i].key, key) == 0)
			return &pool->entries[i];
	}
	return NULL;
}

bool config_merge_is_written(const struct config *c, const struct config_pool *pool,
	const struct pool_spec *spec, const char *key)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t row = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (table[i].section != CONFIG_SECTION_DEFAULTS)
			continue;
		if (table[i].spec && strcmp(table[i].spec, key) == 0 && c->defaults_line[row])
			return true;
		row++;
	}
	return find_entry(pool, key) || pool_spec_get(spec, key);
}

/* A stronger source has come. */
static void replace(struct config_setting *s, enum config_source source, const char *value)
{
	if (s->source != CONFIG_SOURCE_DOCUMENTED) {
		s->instead_of = s->value;
		s->instead_source = s->source;
	}
	s->source = source;
	s->value = value;
	s->file = NULL;
	s->line = 0;
}

static void explain_cap(const struct config *c, const struct config_pool *pool,
	struct config_setting *s, char text[16])
{
	struct config_setting origin;
	uint32_t cap = config_merge_cap(c, pool, &origin);
	uint64_t children;

	/* what is no number is left as it is: whoever reads it says so */
	if (strcmp(s->key, SPEC_CHILDREN) != 0 || !cap ||
		!str_parse_uint(s->value, 0, UINT64_MAX, &children) || children <= cap)
		return;
	(void)snprintf(text, 16, "%u", cap);
	replace(s, CONFIG_SOURCE_CAP, text);
	s->file = origin.file;
	s->line = origin.line;
}

/* The user may tighten what is there by now, and add names that nobody else has set. */
static void explain_user(const struct layers *l, struct config_setting *s)
{
	const struct config_entry *e = l->user ? find_entry(l->user, s->key) : NULL;

	if (!e)
		return;
	if (config_user_may(s->key, e->value, s->value)) {
		replace(s, CONFIG_SOURCE_USER_FILE, e->value);
		s->file = l->user->file;
		s->line = e->line;
	} else if (strcmp(e->value, s->value) != 0) {
		s->asked = e->value;
		s->asked_line = e->line;
	}
}

static void tell_setting(const struct layers *l, struct config_setting *s)
{
	explain_user(l, s);
	l->tell(l->context, s);
}

/* One row of the defaults: the strongest wins. */
static void explain_row(const struct layers *l, struct config_setting *s)
{
	const struct config_entry *e = find_entry(l->pool, s->key);
	const char *directive = pool_spec_get(l->spec, s->key);

	if (s->line) {
		s->source = CONFIG_SOURCE_DEFAULTS;
		s->file = l->config->file;
	}
	if (directive)
		replace(s, CONFIG_SOURCE_DIRECTIVE, directive);
	if (e) {
		replace(s, CONFIG_SOURCE_POOL_FILE, e->value);
		s->file = l->pool->file;
		s->line = e->line;
	}
}

static void explain_defaults(const struct layers *l)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	char value[POOL_SPEC_MAX_VALUE + 1];
	char cap[16];
	size_t row = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		struct config_setting s = { .key = table[i].spec };

		if (table[i].section != CONFIG_SECTION_DEFAULTS)
			continue;
		s.line = l->config->defaults_line[row++];
		if (!s.key)
			continue;
		s.value = config_value_read(&table[i], &l->config->defaults, value, sizeof(value));
		explain_row(l, &s);
		explain_cap(l->config, l->pool, &s, cap);
		tell_setting(l, &s);
	}
}

static bool has_default(const char *key)
{
	size_t count;
	const struct config_key *table = config_table(&count);
	size_t i;

	for (i = 0; i < count; i++) {
		if (table[i].section == CONFIG_SECTION_DEFAULTS && table[i].spec &&
			strcmp(table[i].spec, key) == 0)
			return true;
	}
	return false;
}

/* What only Apache says: the pool file's word on it comes with the pool file's own. */
static void explain_spec(const struct layers *l)
{
	char key[POOL_SPEC_MAX_KEY + 1];
	const char *entry = NULL;

	while ((entry = pool_spec_next(l->spec, entry))) {
		const char *value = strchr(entry, '=');
		size_t size = (size_t)(value - entry);
		struct config_setting s = {
			.key = key,
			.value = value + 1,
			.source = CONFIG_SOURCE_DIRECTIVE,
		};

		memcpy(key, entry, size); /* a checked specification has no longer keys */
		key[size] = '\0';
		if (!has_default(key) && !find_entry(l->pool, key))
			tell_setting(l, &s);
	}
}

/* What a file says beyond the rows of the defaults. */
static void explain_entries(const struct layers *l, const struct config_pool *from)
{
	size_t i;

	for (i = 0; from && i < from->entry_count; i++) {
		const struct config_entry *e = &from->entries[i];
		struct config_setting s = {
			.key = e->key,
			.value = e->value,
			.source =
				from == l->user ? CONFIG_SOURCE_USER_FILE : CONFIG_SOURCE_POOL_FILE,
			.file = from->file,
			.line = e->line,
		};

		if (has_default(e->key))
			continue;
		/* the administrator's, which was told with what the user wants instead */
		if (from == l->user &&
			(find_entry(l->pool, e->key) || pool_spec_get(l->spec, e->key)))
			continue;
		tell_setting(l, &s);
	}
}

void config_explain(const struct config *c, const struct config_pool *pool,
	const struct config_pool *user, const struct pool_spec *spec, config_setting_fn tell,
	void *context)
{
	const struct layers l = {
		.config = c,
		.pool = pool,
		.user = config_user_is_on(c, pool) ? user : NULL,
		.spec = spec,
		.tell = tell,
		.context = context,
	};

	explain_spec(&l);
	explain_defaults(&l);
	explain_entries(&l, l.pool);
	explain_entries(&l, l.user);
}

static void add_setting(void *context, const struct config_setting *s)
{
	struct pool_spec_builder *b = context;

	/* nothing set is the same as nothing said */
	if (*s->value || s->source >= CONFIG_SOURCE_DIRECTIVE)
		pool_spec_add(b, s->key, s->value);
}

int config_merge(const struct config *c, const struct config_pool *pool,
	const struct config_pool *user, const struct pool_spec *spec, char *out,
	struct pool_spec *ret_spec)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;

	pool_spec_builder_init(&b, data, sizeof(data));
	config_explain(c, pool, user, spec, add_setting, &b);
	return pool_spec_finish(&b, out, POOL_SPEC_MAX_BYTES, ret_spec);
}
