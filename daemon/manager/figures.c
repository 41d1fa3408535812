/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/manager/manager.h"

int figures_prepare(struct pool *p)
{
	const char *user;

	if (p->figures)
		return 0;
	p->figures = calloc(1, sizeof(*p->figures));
	if (!p->figures)
		return -ENOMEM;
	/* once for each pool that is used: a report about thousands must not ask for all names */
	user = accounts_name(&p->manager->accounts, p->uid);
	if (user)
		p->figures->user = strdup(user);
	metrics_enter(p);
	return 0;
}

void figures_free(struct pool *p)
{
	if (!p->figures)
		return;
	metrics_leave(p);
	free(p->figures->user);
	free(p->figures);
	p->figures = NULL;
}

void figures_take(struct backend *b)
{
	lease_note_add_counts(backend_note(b), &b->pool->figures->ended);
}

void figures_get(const struct pool *p, struct lease_counts *ret_counts)
{
	struct list_node *n, *tmp;

	*ret_counts = p->figures ? p->figures->ended : (struct lease_counts){ 0 };
	LIST_FOREACH (&p->held, n, tmp)
		lease_note_add_counts(
			backend_note(LIST_OWNER(n, struct backend, node)), ret_counts);
}

void figures_times_add(struct figures_times *t, uint64_t ns)
{
	t->count++;
	t->sum_ns += ns;
	t->bucket[latency_bucket(ns)]++;
}

void figures_note_wait(struct pool *p, uint64_t ns)
{
	if (p->figures)
		figures_times_add(&p->figures->queue, ns);
}

void figures_note_start(struct pool *p, uint64_t ns)
{
	enum figures_start kind = p->parent.is_thawed ? FIGURES_THAWED : FIGURES_COLD;

	/* an answer may be here before the supervisor has told how it was started */
	if (p->figures && p->parent.pid)
		figures_times_add(&p->figures->start[kind], ns);
}
