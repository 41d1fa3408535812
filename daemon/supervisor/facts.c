/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "daemon/base/fd.h"
#include "daemon/config/config_table.h"
#include "daemon/criu/job.h"

static void put(FILE *f, const char *key, const char *value)
{
	(void)fprintf(f, "%s=%s%c", key, value, '\0');
}

static void put_int(FILE *f, const char *key, int64_t value)
{
	(void)fprintf(f, "%s=%" PRId64 "%c", key, value, '\0');
}

static void put_identity(FILE *f, const struct launch *l)
{
	size_t i;

	put_int(f, "uid", l->ident.uid);
	put_int(f, "gid", l->ident.gid);
	(void)fputs("groups=", f);
	for (i = 0; i < l->ident.group_count; i++)
		(void)fprintf(f, "%s%u", i ? "," : "", l->ident.groups[i]);
	(void)fputc('\0', f);
}

static void put_limits(FILE *f, const struct launch *l)
{
	unsigned i;

	for (i = 0; i < LIMIT_COUNT; i++)
		(void)fprintf(
			f, "%s=%" PRIu64 "%c", limit_key((enum limit)i), l->order.limit[i], '\0');
	put_int(f, SPEC_NICE, l->order.nice);
	put_int(f, SPEC_OOM_SCORE_ADJ, l->has_oom_score_adj ? l->oom_score_adj : CONFIG_UNSET_INT);
	put_int(f, SPEC_COREDUMP, l->order.has_coredump);
	put_int(f, "batch_scheduling", l->is_batch);
}

/* Settings of PHP, and which pool it is. */
static void put_spec(FILE *f, const struct pool_spec *spec)
{
	static const char *const identity[] = { SPEC_HANDLER, SPEC_NAME, SPEC_SCOPE, SPEC_DOCROOT };
	const char *entry = NULL;
	size_t i;

	for (i = 0; i < sizeof(identity) / sizeof(identity[0]); i++) {
		const char *value = pool_spec_get(spec, identity[i]);

		if (value)
			(void)fprintf(f, "spec.%s=%s%c", identity[i], value, '\0');
	}
	while ((entry = pool_spec_next(spec, entry))) {
		if (strncmp(entry, SPEC_INI_PREFIX, strlen(SPEC_INI_PREFIX)) == 0)
			(void)fprintf(f, "%s%c", entry, '\0');
	}
}

int facts_memfd(const struct launch *l)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	size_t i;
	int r;

	if (!f)
		return -ENOMEM;
	put(f, "lsapid", LSAPID_VERSION);
	put(f, "binary", l->order.handler->binary);
	put(f, "title", l->title);
	put_identity(f, l);
	put_limits(f, l);
	put_spec(f, &l->spec);
	for (i = 0; i < l->env.count; i++)
		(void)fprintf(f, "env.%s%c", l->env.item[i], '\0');
	r = ferror(f) ? -ENOMEM : 0;
	if (fclose(f) != 0)
		r = -ENOMEM;
	if (r == 0)
		r = size > JOB_FACTS_MAX ? -E2BIG : fd_memfd("lsapid-facts", text, size);
	free(text);
	return r;
}
