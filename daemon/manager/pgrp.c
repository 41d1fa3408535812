/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pgrp.h"

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

enum pgrp_step pgrp_decide(const struct pgrp_figures *f)
{
	if (f->max_crashes && f->crashes >= f->max_crashes)
		return PGRP_CRASHED;
	if (!f->max_served)
		return PGRP_GO_ON;
	if (f->served >= f->max_served)
		return PGRP_FULL;
	return f->max_served - f->served <= PGRP_EXACT ? PGRP_COUNT : PGRP_GO_ON;
}

static uint64_t sum_of(const struct list *l, uint64_t spawn_id)
{
	struct list_node *n, *tmp;
	uint64_t sum = 0;

	LIST_FOREACH (l, n, tmp) {
		const struct backend *b = LIST_OWNER(n, struct backend, node);

		if (b->spawn_id == spawn_id)
			sum += backend_requests(b);
	}
	return sum;
}

/* Those that leave are counted when they are closed. */
uint64_t pgrp_served(const struct pool *p)
{
	return p->parent.served + sum_of(&p->held, p->parent.spawn_id) +
	       sum_of(&p->unheld, p->parent.spawn_id);
}

static struct pgrp_figures figures(const struct pool *p)
{
	struct pgrp_figures f = {
		.crashes = p->parent.crashes,
		.max_served = p->pgrp_max_reqs,
		.max_crashes = p->pgrp_max_crashes,
	};

	if (f.max_served)
		f.served = pgrp_served(p);
	return f;
}

bool pgrp_has_to_count(const struct pool *p)
{
	struct pgrp_figures f = figures(p);

	return p->pgrp_max_reqs && pgrp_decide(&f) != PGRP_GO_ON;
}

static bool is_of_parent(const struct backend *b)
{
	return b->spawn_id && b->spawn_id == b->pool->parent.spawn_id;
}

void pgrp_note_closed(const struct backend *b)
{
	if (is_of_parent(b))
		b->pool->parent.served += b->requests;
}

void pgrp_note_crash(const struct backend *b)
{
	if (is_of_parent(b))
		b->pool->parent.crashes++;
}

static void replace(struct pool *p, const struct pgrp_figures *f, const char *why)
{
	log_info("pool.worn", F_POOL(p), F_INT("pid", p->parent.pid), F_STR("why", why),
		F_UINT("served", f->served), F_UINT("pgrp_max_reqs", f->max_served),
		F_UINT("crashes", f->crashes), F_UINT("pgrp_max_crashes", f->max_crashes));
	lease_retire(p);
	starter_retire(p, why);
}

/* The idle ones are taken back, the others come when they are done. */
static void recall_all(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp)
		(void)lease_recall(LIST_OWNER(n, struct backend, node));
	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		b->is_asked_back = true;
		(void)lease_ask_for(b);
	}
}

/*
 * Before it is told to run, children that the former one has left may serve what is counted for it:
 * it would be given up each time before it has come up.
 */
static bool is_limited(const struct pool *p)
{
	return (p->pgrp_max_reqs || p->pgrp_max_crashes) && p->state == POOL_READY &&
	       p->parent.pid && !p->parent.is_retiring;
}

uint64_t pgrp_look(struct pool *p, uint64_t now_ns)
{
	struct pgrp_figures f;

	if (!is_limited(p) || shutdown_is_under_way(&p->manager->shutdown))
		return UINT64_MAX;
	f = figures(p);
	switch (pgrp_decide(&f)) {
	case PGRP_FULL:
		replace(p, &f, "pgrp_max_reqs");
		return UINT64_MAX;
	case PGRP_CRASHED:
		replace(p, &f, "pgrp_max_crashes");
		return UINT64_MAX;
	case PGRP_COUNT:
		recall_all(p);
		break;
	case PGRP_GO_ON:
		break;
	}
	return pgrp_next_ns(p, now_ns);
}

uint64_t pgrp_next_ns(const struct pool *p, uint64_t now_ns)
{
	/* crashes are told of; and without a lease nothing is served */
	if (!p->pgrp_max_reqs || !is_limited(p) || list_is_empty(&p->held))
		return UINT64_MAX;
	return now_ns + PGRP_LOOK_NS;
}
