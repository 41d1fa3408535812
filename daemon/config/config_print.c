/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_children.h"
#include "daemon/config/config_table.h"

struct printer {
	FILE *to;
	struct config_children children;
	uid_t uid;
};

/* Keys that no directive of Apache sets. */
static bool is_ours_alone(const char *key)
{
	static const char *const keys[] = {
		SPEC_BUSY_STATUS,
		SPEC_MAX_LIFETIME,
		SPEC_MAX_MEMORY,
		SPEC_NICE,
		SPEC_QUEUE_LENGTH,
		SPEC_USER_FILE,
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return strncmp(key, "limit_", 6) == 0;
}

/* A default that the account has lowered: what it was, by what, and how much that is. */
static void print_children(const struct printer *p, const struct config_setting *s)
{
	const struct config_children *k = &p->children;

	(void)fprintf(p->to, "%s = %u  # default %s, lowered: ", s->key, k->count, s->value);
	if (k->source == CONFIG_SOURCE_PIDS_MAX)
		(void)fprintf(
			p->to, "user-%u.slice has pids.max %" PRIu64, p->uid, k->process_limit);
	else if (k->has_own_nproc)
		(void)fprintf(p->to, "limit_nproc is %" PRIu64, k->process_limit);
	else
		(void)fprintf(
			p->to, "RLIMIT_NPROC is %" PRIu64 " (of this process)", k->process_limit);
	(void)fputs("; Apache's directives are stronger\n", p->to);
}

static void print_contradiction(const struct printer *p)
{
	const struct config_children *k = &p->children;

	if (config_children_contradict(k))
		(void)fprintf(p->to,
			"# uid limit warning: children should be < NPROC: %u children, %s %" PRIu64
			"\n",
			k->count, config_source_name(k->process_source), k->process_limit);
}

static void print_setting(void *context, const struct config_setting *s)
{
	const struct printer *p = context;
	FILE *to = p->to;

	if (strcmp(s->key, SPEC_CHILDREN) == 0 && p->children.source != s->source) {
		print_children(p, s);
		return;
	}
	(void)fprintf(to, "%s = %s", s->key, *s->value ? s->value : "(not set)");
	switch (s->source) {
	case CONFIG_SOURCE_DIRECTIVE: /* who was asked about */
		break;
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
	case CONFIG_SOURCE_PIDS_MAX: /* of the number of children only */
	case CONFIG_SOURCE_NPROC:
	case CONFIG_SOURCE_USER_FILE:
	case CONFIG_SOURCE_COUNT:
		(void)fprintf(to, "  # %s:%d", s->file, s->line);
		break;
	}
	/* what is weaker than Apache's configuration, which is not known here */
	if (s->source < CONFIG_SOURCE_DIRECTIVE && !is_ours_alone(s->key))
		(void)fputs("; Apache's directives are stronger", to);
	if (s->asked)
		(void)fprintf(to, "%s user file, line %d, asks for %s",
			s->source == CONFIG_SOURCE_DIRECTIVE ? "  #" : ";", s->asked_line,
			s->asked);
	(void)fputs("\n", to);
}

static void settle_children(struct printer *p, const struct config *c,
	const struct config_pool *pool, const struct config_pool *own, const struct pool_spec *spec)
{
	ATTR_CLEANUP(fd_cleanup) int cgroup_fd = -1;
	struct config_account account;
	int r = config_account_open(c, &cgroup_fd);

	if (r < 0)
		(void)fprintf(p->to, "# cgroup_root %s: %s\n", c->cgroup_root, strerrordesc_np(-r));
	account = config_account_read(cgroup_fd, p->uid);
	config_explain(c, pool, own, spec, config_children_see, &p->children);
	config_children_settle(
		&p->children, config_merge_is_written(c, pool, spec, SPEC_CHILDREN), &account);
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
	struct printer p = { .to = to, .uid = whose->uid };
	const struct config_pool *own;
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
	own = whose->own ? config_find_pool_of(whose->own, &spec, "") : NULL;
	cap = config_merge_cap(c, pool, &origin);
	print_problems(c, to);
	if (pool)
		(void)fprintf(to, "# pool \"%s\", %s:%d\n", pool->name, pool->file, pool->line);
	else
		(void)fputs("# no pool file speaks of it\n", to);
	if (whose->own_note)
		(void)fprintf(to, "# %s\n", whose->own_note);
	settle_children(&p, c, pool, own, &spec);
	config_explain(c, pool, own, &spec, print_setting, &p);
	print_contradiction(&p);
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
