/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/spares.h"

#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/manager/manager.h"

/* A look takes a cache miss, some 100 ns: a walk after forty times its length is 2.5 %. */
#define PAUSE_PER_LOOK_NS 4000U
/* Notes that are not for whoever asks are passed over, but not without end. */
#define LOOKS_MAX 64U

/* A pool that is leaving has given up what is idle; one that starts may have served. */
static const enum pool_state serving[] = { POOL_READY, POOL_STARTING };

struct note {
	struct backend *backend;
	uint64_t idle_ns;
};

struct walk {
	struct note *note; /* owned; room for all connections */
	size_t count;
	size_t room;
	uint64_t now_ns;
};

void spares_init(struct spares *s)
{
	*s = (struct spares){ .walk_again_ns = 0 };
	list_init(&s->rich);
	list_init(&s->rest);
}

static bool is_rich(const struct manager *m, const struct user *u)
{
	const struct fair_figures f = ask_fair(m, u);

	return u->held > fair_share(&f);
}

static void note(struct manager *m, struct backend *b)
{
	struct spares *s = &m->admit.spares;

	list_remove(&b->spare_node);
	list_push_back(is_rich(m, b->pool->user) ? &s->rich : &s->rest, &b->spare_node);
}

void spares_note(struct manager *m, struct backend *b)
{
	note(m, b);
}

static int by_age(const void *a, const void *b)
{
	const struct note *one = a, *other = b;

	return (one->idle_ns < other->idle_ns) - (one->idle_ns > other->idle_ns);
}

static void look_at_list(struct walk *w, const struct list *backends)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (backends, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);
		uint64_t idle_ns;

		if (w->count < w->room && lease_is_idle(b, w->now_ns, &idle_ns))
			w->note[w->count++] = (struct note){ .backend = b, .idle_ns = idle_ns };
	}
}

static void walk(struct manager *m, uint64_t now_ns)
{
	struct walk w = { .room = m->connections, .now_ns = now_ns };
	struct list_node *n, *tmp;
	size_t i;

	w.note = calloc(w.room, sizeof(*w.note));
	if (!w.note)
		return; /* as if all were busy */
	for (i = 0; i < sizeof(serving) / sizeof(serving[0]); i++) {
		LIST_FOREACH (&m->pools.by_state[serving[i]], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);

			look_at_list(&w, &p->unheld);
			look_at_list(&w, &p->held);
		}
	}
	qsort(w.note, w.count, sizeof(*w.note), by_age);
	for (i = 0; i < w.count; i++)
		note(m, w.note[i].backend);
	free(w.note);
}

static struct backend *look_in(
	struct manager *m, struct list *notes, const struct pool *p, uint64_t now_ns)
{
	const struct fair_figures f = ask_fair(m, p->user);
	struct list_node *n, *tmp;
	unsigned looks = 0;

	LIST_FOREACH (notes, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, spare_node);
		uint64_t idle_ns;

		if (looks++ == LOOKS_MAX)
			break;
		if (!lease_is_idle(b, now_ns, &idle_ns))
			list_remove(n);
		else if (b->pool != p &&
			 fair_may_evict(&f, p->user->held, b->pool->user->held, idle_ns))
			return b;
	}
	return NULL;
}

static struct backend *look(struct manager *m, const struct pool *p, uint64_t now_ns)
{
	struct backend *b = look_in(m, &m->admit.spares.rich, p, now_ns);

	return b ? b : look_in(m, &m->admit.spares.rest, p, now_ns);
}

struct backend *spares_find(struct manager *m, const struct pool *p, uint64_t now_ns)
{
	struct spares *s = &m->admit.spares;
	struct backend *b = look(m, p, now_ns);

	if (b || now_ns < s->walk_again_ns)
		return b;
	walk(m, now_ns);
	b = look(m, p, now_ns);
	if (!b)
		s->walk_again_ns = now_ns + (uint64_t)m->connections * PAUSE_PER_LOOK_NS;
	return b;
}

bool spares_want(struct manager *m, uint64_t now_ns)
{
	struct spares *s = &m->admit.spares;
	struct list_node *n, *tmp;
	bool is_all = true;

	if (now_ns < s->want_again_ns)
		return false;
	s->want_again_ns = now_ns + (uint64_t)m->connections * PAUSE_PER_LOOK_NS;
	for (size_t i = 0; i < sizeof(serving) / sizeof(serving[0]); i++) {
		LIST_FOREACH (&m->pools.by_state[serving[i]], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (is_rich(m, p->user) && !lease_ask_back(p))
				is_all = false;
		}
	}
	return !is_all;
}
