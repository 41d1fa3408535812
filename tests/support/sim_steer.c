/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An administrator of the simulated host, who gives orders to pools, users and everybody, and what
 * must hold then. Nothing is written to disk, and nobody reads the answers; it is counted that they
 * come.
 */

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/manager/backend_socket.h"
#include "daemon/manager/report_steer.h"
#include "daemon/manager/steer_target.h"
#include "tests/support/sim.h"
#include "tests/support/sim_io.h"
#include "tests/support/t.h"

/* By then whatever ran at the beginning of an order has ended, and all its pools have had a turn.
 */
#define ORDER_NS (300 * NS_PER_S)
/* Orders that stop are given until there are so many marks; then they are lifted one by one. */
#define MOST_STOPPED 60U

static const struct stopped_mark *random_mark(struct sim *s)
{
	const struct list *marks = &s->manager.steer.stopped.marks;
	uint64_t skip = marks->count ? sim_random(s, marks->count) : 0;
	struct list_node *n, *tmp;

	LIST_FOREACH (marks, n, tmp) {
		if (skip-- == 0)
			return LIST_OWNER(n, struct stopped_mark, node);
	}
	return NULL;
}

static const struct pool *random_pool(struct sim *s)
{
	static const enum pool_state states[] = { POOL_READY, POOL_STARTING, POOL_DRAINING,
		POOL_FAILED };
	const struct list *of = &s->manager.pools.by_state[states[sim_random(s, 4)]];
	struct list_node *first = list_first(of);

	/* what is done to the cold is soon told */
	return first ? LIST_OWNER(first, struct pool, state_node)
		     : s->pool[sim_random(s, SIM_POOLS)].pool;
}

/* Words of a message are its own: what they name may go with the order. */
static struct steer_target by_name(const char *name)
{
	static char text[1024];

	assert_true(str_copy(text, sizeof(text), name));
	return (struct steer_target){ .kind = STEER_TARGET_NAME, .text = text };
}

static struct steer_target choose_target(struct sim *s, enum control_steer_action action)
{
	const struct stopped_mark *mark = action == CONTROL_STEER_WARM ? random_mark(s) : NULL;
	const struct pool *p = random_pool(s);
	uint64_t kind = sim_random(s, 40);

	if (mark && !mark->name)
		return (struct steer_target){ .kind = STEER_TARGET_USER, .uid = mark->uid };
	if (mark)
		return by_name(mark->name);
	if (kind == 0 && action != CONTROL_STEER_STOP && action != CONTROL_STEER_WARM)
		return (struct steer_target){ .kind = STEER_TARGET_ALL };
	if (kind <= 8)
		return (struct steer_target){ .kind = STEER_TARGET_USER, .uid = p->uid };
	return (struct steer_target){ .kind = STEER_TARGET_NUMBER, .number = p->id };
}

void sim_steer(struct sim *s)
{
	static struct peer administrator;
	enum control_steer_action action =
		(enum control_steer_action)sim_random(s, CONTROL_STEER_WARM + 1);
	struct control_steer msg = { .wait_ms = (uint32_t)sim_random(s, 2) * 1000 };
	struct steer_target target;

	if (action == CONTROL_STEER_STOP && s->manager.steer.stopped.marks.count >= MOST_STOPPED)
		action = CONTROL_STEER_WARM;
	target = choose_target(s, action);
	msg.action = action;
	administrator.manager = &s->manager;
	steer_begin(&s->manager, &administrator, 0, &msg, &target);
	s->counts[SIM_ORDERS]++;
}

/* As hangup.c does with the first byte of a connection of ours. */
void sim_greet(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->unheld, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		if (!b->is_knock || !p->parent.pid)
			continue;
		starter_served(p, b->spawn_id);
		steer_deed_on_answer(b);
		return;
	}
}

/* Orders for many pools come to them one after the other, by a timer. */
bool sim_is_restarted(const struct sim *s, const struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&s->manager.steer.orders, n, tmp) {
		const struct steer_order *o = LIST_OWNER(n, struct steer_order, node);

		for (size_t i = 0; i < o->begun && o->action == CONTROL_STEER_RESTART; i++) {
			if (o->items[i].pool == p->id)
				return true;
		}
	}
	return false;
}

/* --- what must hold ----------------------------------------------------------------------- */

void sim_check_orders(struct sim *s)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&s->manager.steer.orders, n, tmp) {
		const struct steer_order *o = LIST_OWNER(n, struct steer_order, node);

		/* one for everybody has thousands of starts to wait for */
		if (o->count < SIM_POOLS &&
			clock_since_ns(o->since_ns, s->manager.now_ns) > ORDER_NS)
			sim_fail(s, "an order has no end");
	}
	for (size_t i = 0; i < SIM_POOLS; i++) {
		const struct pool *p = s->pool[i].pool;
		bool is_stopped = stopped_is(&s->manager.steer.stopped, p->uid, p->name);

		if (p->is_stopped != is_stopped)
			sim_fail(s, "a pool does not know whether it is stopped");
		if (is_stopped && (p->state == POOL_STARTING || p->state == POOL_READY))
			sim_fail(s, "a stopped pool runs");
		if (is_stopped && waitq_count(&p->waitq))
			sim_fail(s, "somebody waits for a stopped pool");
		s->counts[SIM_STOPPED] += is_stopped;
	}
}

/* --- in the place of the manager's own ---------------------------------------------------- */

void stopped_load(struct stopped *marks)
{
	(void)marks;
}

int stopped_save(const struct stopped *marks)
{
	(void)marks;
	return 0;
}

void backend_cut(const struct backend *b)
{
	(void)b; /* its holder ends it like any other */
}

static uint64_t *find_awaited(struct sim *s, uint64_t id)
{
	for (size_t i = 0; i < STEER_MAX_ORDERS; i++) {
		if (s->awaited[i] == id)
			return &s->awaited[i];
	}
	return NULL;
}

void peer_wait(struct peer *p, enum peer_waiting what, uint64_t id, uint32_t sequence)
{
	(void)p;
	(void)what;
	(void)sequence;
	*find_awaited(sim_io()->context, 0) = id;
}

bool peer_is_waiting(const struct manager *m, enum peer_waiting what, uint64_t id)
{
	(void)m;
	(void)what;
	return find_awaited(sim_io()->context, id);
}

/* Who waits is answered once; also when it is over, if that is later, but nobody hears it then. */
void peer_answer(
	struct manager *m, enum peer_waiting what, uint64_t id, const char *json, int status)
{
	struct sim *s = sim_io()->context;
	uint64_t *awaited = find_awaited(s, id);

	(void)m;
	(void)what;
	(void)json;
	if (!awaited)
		return;
	*awaited = 0;
	s->counts[SIM_ANSWERED] += status == 0;
}

/* Of thousands of pools it would be long, and nobody reads it. */
char *report_order(struct manager *m, const struct steer_order *o, int error)
{
	(void)m;
	(void)o;
	(void)error;
	return NULL;
}

/* Refused: there are too many, or nobody is meant. */
void peer_send_document(struct peer *p, uint32_t seq, const char *json, int status)
{
	(void)p;
	(void)seq;
	(void)json;
	(void)status;
}
