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
	return 0;
}

struct figures *figures_free(struct figures *f)
{
	if (f)
		free(f->user);
	free(f);
	return NULL;
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
