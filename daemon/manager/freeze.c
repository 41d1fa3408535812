/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/freeze.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/recycle.h"

/* --- whether ------------------------------------------------------------------------------ */

/* What costs nothing to know. */
static struct freeze_figures state_of(const struct pool *p)
{
	const struct freeze *f = p->freeze;

	return (struct freeze_figures){
		.mode = p->criu,
		.is_working = criu_works(p->manager),
		.is_running = f && p->state == POOL_READY && p->parent.pid &&
			      !p->parent.is_retiring &&
			      !shutdown_is_under_way(&p->manager->shutdown),
		.is_under_way = freeze_is_under_way(p),
		.is_thawed = p->parent.is_thawed,
		.is_frozen = p->parent.is_frozen,
		.pays_not = f && f->pays_not,
		.initial_start = p->initial_start,
		.cold_ns = f ? f->cold.mean_ns : 0,
		.retry_ns = f ? f->retry_ns : 0,
	};
}

/* ... and what takes a walk over the connections. */
static struct freeze_figures figures(const struct pool *p)
{
	struct freeze_figures f = state_of(p);

	if (!f.is_running)
		return f;
	f.served = pgrp_served(p);
	f.is_busy = idle_is_in_use(p, &f.last_use_ns);
	return f;
}

enum freeze_why freeze_why(const struct pool *p)
{
	const struct freeze_figures f = figures(p);
	uint64_t unused;

	return freeze_policy_decide(&f, manager_now(p->manager), &unused);
}

bool freeze_is_under_way(const struct pool *p)
{
	return p->freeze && p->freeze->state != FREEZE_STATE_NONE;
}

bool freeze_is_sent(const struct pool *p)
{
	return p->freeze && p->freeze->state == FREEZE_SENT;
}

/* --- the end of it ------------------------------------------------------------------------ */

static void end(struct pool *p, int error, const char *detail)
{
	struct freeze *f = p->freeze;
	bool is_asked_for = f->is_asked_for;

	f->state = FREEZE_STATE_NONE;
	f->is_asked_for = false;
	(void)evtimer_del(&f->patience);
	if (is_asked_for)
		criu_answer_freeze(p, error, detail);
	care_wake(p);
}

/* Nobody connected meanwhile: then it was idle for long enough before. */
static void retire_if_due(struct pool *p)
{
	bool is_due = p->freeze->has_to_retire;

	p->freeze->has_to_retire = false;
	if (!is_due || p->state != POOL_READY || pool_connections(p) || waitq_count(&p->waitq))
		return;
	starter_retire(p, "idle");
}

static void note_busy(struct pool *p)
{
	struct freeze *f = p->freeze;

	f->busy++;
	f->retry_ns = manager_now(p->manager) + freeze_policy_busy_ns(f->busy);
	log_debug("freeze.busy", F_POOL(p), F_UINT("times", f->busy));
	end(p, EBUSY, "busy: somebody has connected in between; try again");
}

static void note_failure(struct pool *p, const char *reason)
{
	struct freeze *f = p->freeze;
	uint64_t left_ns;

	f->failures++;
	p->manager->stats.freeze_failures++;
	left_ns = freeze_policy_retry_ns(f->failures);
	f->retry_ns = manager_now(p->manager) + left_ns;
	(void)str_copy(f->problem, sizeof(f->problem), reason);
	log_warn("freeze.failed", F_POOL(p), F_INT("pid", p->parent.pid), F_STR("reason", reason),
		F_UINT("failures", f->failures), F_UINT("next_try_s", left_ns / NS_PER_S),
		F_STR("outcome", "it goes on, and is started as always"));
	end(p, EIO, reason);
}

static void note_done(struct pool *p, const struct priv_message *msg)
{
	struct freeze *f = p->freeze;

	p->parent.is_frozen = true;
	f->done++;
	f->failures = 0;
	f->busy = 0;
	f->retry_ns = 0;
	f->problem[0] = '\0';
	f->ms = msg->ms;
	f->bytes = msg->bytes;
	p->manager->stats.freezes++;
	log_info("freeze.done", F_POOL(p), F_INT("pid", p->parent.pid), F_UINT("ms", msg->ms),
		F_UINT("bytes", msg->bytes), F_UINT("served", pgrp_served(p)));
	end(p, 0, "frozen");
}

bool freeze_on_frozen(struct manager *m, const struct priv_message *msg)
{
	struct pool *p = map_find(&m->starter.by_spawn, msg->id);

	/* of one that has ended, or was given up, meanwhile */
	if (!p || p->parent.spawn_id != msg->id)
		return msg->id && msg->id <= m->starter.last_spawn;
	if (!freeze_is_sent(p))
		return false;
	switch ((enum priv_frozen)msg->status) {
	case PRIV_FROZEN_DONE:
		note_done(p, msg);
		break;
	case PRIV_FROZEN_BUSY:
		note_busy(p);
		break;
	case PRIV_FROZEN_FAILED:
	case PRIV_FROZEN_COUNT:
		note_failure(p, msg->text);
		break;
	}
	retire_if_due(p);
	return true;
}

/* --- the beginning ------------------------------------------------------------------------ */

static void send_freeze(struct pool *p)
{
	struct freeze *f = p->freeze;
	const struct priv_message msg = {
		.type = PRIV_FREEZE,
		.id = p->parent.spawn_id,
		.ms = (uint32_t)(f->cold.mean_ns / NS_PER_MS),
	};

	f->state = FREEZE_SENT;
	log_debug("freeze.begin", F_POOL(p), F_INT("pid", p->parent.pid));
	(void)supervisor_link_send(&p->manager->link, &msg, NULL); /* a lost link ends us */
}

/* Return: false: a holder has taken its lease between the look and the deed */
static bool take_all_back(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		if (!lease_recall(LIST_OWNER(n, struct backend, node)))
			return false;
	}
	return true;
}

/* Return: FREEZE_UNDER_WAY; or FREEZE_BUSY */
static enum freeze_why begin(struct pool *p)
{
	struct freeze *f = p->freeze;
	struct list_node *n;

	if (!take_all_back(p))
		return FREEZE_BUSY;
	f->state = FREEZE_CLEARING;
	while ((n = list_first(&p->unheld)))
		recycle_cleared(LIST_OWNER(n, struct backend, node));
	if (f->state == FREEZE_CLEARING && !pool_connections(p))
		send_freeze(p);
	return FREEZE_UNDER_WAY;
}

uint64_t freeze_look(struct pool *p, uint64_t now_ns)
{
	const struct freeze_figures f = figures(p);
	uint64_t next_ns;

	if (freeze_policy_decide(&f, now_ns, &next_ns) != FREEZE_NOW)
		return next_ns;
	return begin(p) == FREEZE_BUSY ? now_ns + FREEZE_IDLE_NS : UINT64_MAX;
}

uint64_t freeze_next_ns(const struct pool *p, uint64_t now_ns)
{
	const struct freeze_figures f = state_of(p);
	uint64_t next_ns;

	/* without a walk it has served nothing: the look itself knows more */
	return freeze_policy_decide(&f, now_ns, &next_ns) == FREEZE_TOO_FEW
		       ? now_ns + FREEZE_LOOK_NS
		       : UINT64_MAX;
}

bool freeze_before_end(struct pool *p)
{
	const struct freeze_figures f = figures(p);
	uint64_t next_ns;

	if (freeze_policy_decide(&f, manager_now(p->manager), &next_ns) != FREEZE_NOW ||
		begin(p) == FREEZE_BUSY)
		return false;
	p->freeze->has_to_retire = true;
	return true;
}

enum freeze_why freeze_ask(struct pool *p, struct peer *peer, uint32_t sequence)
{
	struct freeze_figures f = figures(p);
	enum freeze_why why;
	uint64_t next_ns;

	f.is_asked_for = true;
	why = freeze_policy_decide(&f, manager_now(p->manager), &next_ns);
	if (why != FREEZE_NOW && why != FREEZE_UNDER_WAY)
		return why;
	if (why == FREEZE_NOW)
		why = begin(p);
	if (why == FREEZE_BUSY)
		return why;
	p->freeze->is_asked_for = true;
	peer_wait(peer, PEER_WAIT_FREEZE, p->id, sequence);
	return why;
}

/* --- what happens meanwhile --------------------------------------------------------------- */

static void arm(struct freeze *f, uint64_t left_ns)
{
	const struct timeval tv = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US) + 1,
	};

	if (!evtimer_pending(&f->patience, NULL))
		(void)evtimer_add(&f->patience, &tv); /* fails without memory: then it waits on */
}

/* For how long has somebody been waiting for this parent? 0: nobody does */
static uint64_t waited_ns(const struct pool *p)
{
	struct list_node *n = list_first(&p->held);
	const struct backend *b;

	if (!n)
		return 0;
	b = LIST_OWNER(n, struct backend, node);
	return clock_since_ns(b->since_ns, manager_now(p->manager)) + 1;
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;
	struct freeze *f = p->freeze;
	uint64_t waited = waited_ns(p);
	uint64_t patience_ns = freeze_policy_patience_ns(f->cold.mean_ns);

	(void)fd;
	(void)what;
	if (f->state != FREEZE_SENT || !waited)
		return;
	if (waited < patience_ns) {
		arm(f, patience_ns - waited);
		return;
	}
	note_failure(p, "requests waited for longer than a start takes");
	f->has_to_retire = false;
	f->has_to_be_cold = true;
	starter_give_up_frozen(p);
}

void freeze_note_connected(struct pool *p)
{
	struct freeze *f = p->freeze;

	if (!f)
		return;
	f->has_to_retire = false; /* it is in use again */
	if (f->state == FREEZE_CLEARING)
		note_busy(p);
	else if (f->state == FREEZE_SENT)
		arm(f, freeze_policy_patience_ns(f->cold.mean_ns));
}

void freeze_note_closed(struct pool *p)
{
	if (p->freeze && p->freeze->state == FREEZE_CLEARING && !pool_connections(p))
		send_freeze(p);
}

void freeze_note_retired(struct pool *p)
{
	if (p->freeze && p->freeze->state == FREEZE_CLEARING)
		end(p, ECANCELED, "its PHP was told to end meanwhile");
}

void freeze_note_ended(struct pool *p)
{
	struct freeze *f = p->freeze;

	if (!f)
		return;
	f->has_to_retire = false;
	if (f->state == FREEZE_SENT && !p->parent.is_retiring)
		note_failure(p, "its PHP has ended meanwhile");
	else if (f->state != FREEZE_STATE_NONE)
		end(p, ECANCELED, "its PHP has ended meanwhile");
}

void freeze_forget_image(struct pool *p)
{
	struct freeze *f = p->freeze;

	p->parent.is_frozen = false;
	if (!f)
		return;
	f->pays_not = false;
	f->thawed = (struct pace){ .count = 0 };
	f->failures = f->busy = 0;
	f->retry_ns = 0;
	f->bytes = 0;
}

struct freeze *freeze_new(struct pool *p)
{
	struct freeze *f = calloc(1, sizeof(*f));

	if (f && evtimer_assign(&f->patience, p->manager->base, on_patience, p) < 0) {
		free(f);
		return NULL;
	}
	return f;
}

void freeze_free(struct pool *p)
{
	if (!p->freeze)
		return;
	(void)evtimer_del(&p->freeze->patience);
	free(p->freeze);
	p->freeze = NULL;
}
