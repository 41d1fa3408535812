/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_print.h"

#include <errno.h>

#include "daemon/config/config_merge.h"
#include "daemon/config/config_table.h"

static void print_setting(void *context, const struct config_setting *s)
{
	FILE *to = context;

	(void)fprintf(to, "%s = %s", s->key, *s->value ? s->value : "(not set)");
	switch (s->source) {
	case CONFIG_SOURCE_DIRECTIVE: /* who was asked about */
		(void)fputs("\n", to);
		return;
	case CONFIG_SOURCE_DOCUMENTED:
		(void)fputs("  # default", to);
		break;
	case CONFIG_SOURCE_CAP:
		(void)fputs("  # children_max", to);
		if (s->file)
			(void)fprintf(to, ", %s:%d", s->file, s->line);
		break;
	case CONFIG_SOURCE_DEFAULTS:
	case CONFIG_SOURCE_POOL_FILE:
	case CONFIG_SOURCE_COUNT:
		(void)fprintf(to, "  # %s:%d", s->file, s->line);
		break;
	}
	/* what is weaker than Apache's configuration, which is not known here */
	if (s->source < CONFIG_SOURCE_DIRECTIVE)
		(void)fputs("; Apache's directives are stronger", to);
	(void)fputs("\n", to);
}

static void print_problems(const struct config *c, FILE *to)
{
	size_t i;

	for (i = 0; i < c->problems.count; i++) {
		const struct config_problem *p = &c->problems.item[i];

		(void)fprintf(to, "# left out: %s:%d: %s\n", p->file, p->line, p->what);
	}
}

int config_print(const struct config *c, const struct config_whose *whose, FILE *to)
{
	char data[POOL_SPEC_MAX_BYTES];
	char text[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;
	const struct config_pool *pool;
	struct config_setting origin;
	struct pool_spec spec;
	uint32_t cap;

	pool_spec_builder_init(&b, data, sizeof(data));
	pool_spec_add_uint(&b, SPEC_UID, whose->uid);
	pool_spec_add_uint(&b, SPEC_GID, whose->gid);
	pool_spec_add(&b, SPEC_SCOPE, whose->vhost ? "vhost" : "user");
	if (whose->vhost)
		pool_spec_add(&b, SPEC_NAME, whose->vhost);
	if (pool_spec_finish(&b, text, sizeof(text), &spec))
		return -EINVAL;
	pool = config_find_pool_of(c, &spec, whose->user);
	cap = config_merge_cap(c, pool, &origin);
	print_problems(c, to);
	if (pool)
		(void)fprintf(to, "# pool \"%s\", %s:%d\n", pool->name, pool->file, pool->line);
	else
		(void)fputs("# no pool file speaks of it\n", to);
	config_explain(c, pool, &spec, print_setting, to);
	(void)fprintf(to, "children_max = %u", cap);
	if (origin.file)
		(void)fprintf(to, "  # %s:%d\n", origin.file, origin.line);
	else
		(void)fputs("  # default\n", to);
	if (pool && pool->log)
		(void)fprintf(to, "log = %s/%s  # %s:%d\n", c->log_dir, pool->log, pool->file,
			pool->log_line);
	else
		(void)fputs("log = (not set)  # default\n", to);
	return fflush(to) == 0 ? 0 : -errno;
}
