/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer_deed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "proto/lease_table.h"

/*
 * lsphp greets as soon as it has a child for the connection. One that does not is taken for good
 * when nobody is connected, as every start for which nobody waits.
 */
#define KNOCK_NS (10U * NS_PER_S)

void steer_deed_fail(struct steer_item *item, const char *reason, const char *format, ...)
{
	char text[CONTROL_MAX_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(item->problem);
	item->problem = strdup(text); /* NULL: the reason has to do */
	item->reason = reason;
	item->state = STEER_FAILED;
}

static void done(struct steer_item *item, const char *did)
{
	item->did = did;
	item->state = STEER_DONE;
}

static void under_way(struct steer_item *item, const char *did)
{
	item->did = did;
	item->state = STEER_UNDER_WAY;
}

/* --- what has to end ---------------------------------------------------------------------- */

/* A parent that exists, or is about to; not one whose SPAWN is still to be asked for. */
static bool has_parent(const struct pool *p)
{
	return p->parent.spawn_id && !p->parent.is_reading;
}

static bool is_old(const struct steer_item *item, uint64_t spawn_id)
{
	return spawn_id && spawn_id <= item->last_spawn;
}

static uint32_t count_old(const struct list *l, const struct steer_item *item)
{
	struct list_node *n, *tmp;
	uint32_t count = 0;

	LIST_FOREACH (l, n, tmp)
		count += is_old(item, LIST_OWNER(n, struct backend, node)->spawn_id);
	return count;
}

uint32_t steer_deed_running(const struct pool *p, const struct steer_item *item)
{
	return count_old(&p->held, item) + count_old(&p->unheld, item) +
	       (p->care ? count_old(&p->care->leaving, item) : 0);
}

static bool is_over(const struct pool *p, const struct steer_item *item)
{
	return !is_old(item, p->parent.spawn_id) && !steer_deed_running(p, item);
}

/* What is warm in an image is as old as what runs. */
static void forget_image(struct pool *p)
{
	if (p->criu == FREEZE_MODE_OFF)
		return;
	criu_reset_later(p->manager, p->name);
	freeze_forget_image(p);
}

/* --- kill --------------------------------------------------------------------------------- */

/*
 * Children of the parent die with it. Those of an earlier one have to be named; and a connection
 * whose child is not known is cut, so that at least its request ends.
 */
static void kill_child(struct backend *b)
{
	bool is_of_parent = b->spawn_id && b->spawn_id == b->pool->parent.spawn_id;

	if (is_of_parent)
		return;
	if (b->spawn_id && backend_child_pid(b))
		backend_signal(b, PRIV_SIGNAL_CHILD_KILL);
	else
		backend_cut(b);
}

/* In the backlog of the pool's socket: no child has read of it, and the next parent serves it. */
static bool is_waiting(const struct backend *b)
{
	const struct pool *p = b->pool;

	return p->state != POOL_COLD && p->state != POOL_FAILED && !backend_told_pid(b) &&
	       backend_is_unread(b);
}

static void kill_children(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->held, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		if (lease_recall(b) || is_waiting(b))
			continue;
		lease_condemn(b);
		lease_set_fate(backend_slot(b), LEASE_FATE_ENDED, 0);
		kill_child(b);
	}
	while ((n = list_first(&p->unheld))) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		kill_child(b);
		backend_close(b);
	}
	if (!p->care)
		return;
	LIST_FOREACH (&p->care->leaving, n, tmp)
		backend_signal(LIST_OWNER(n, struct backend, node), PRIV_SIGNAL_CHILD_KILL);
}

static void kill_pool(struct pool *p, struct steer_item *item)
{
	if (!has_parent(p) && !steer_deed_running(p, item)) {
		done(item, "nothing");
		return;
	}
	forget_image(p);
	kill_children(p);
	if (has_parent(p)) {
		starter_retire(p, "kill");
		starter_kill(p);
	}
	under_way(item, "killed");
}

/* --- drain, stop -------------------------------------------------------------------------- */

static void retire(struct pool *p, const char *why)
{
	lease_retire(p);
	starter_retire(p, why);
}

static void drain(struct pool *p, struct steer_item *item)
{
	if (!has_parent(p) && !steer_deed_running(p, item)) {
		done(item, "nothing");
		return;
	}
	if (has_parent(p))
		retire(p, "drain");
	under_way(item, "drained");
}

/* The mark is there already. */
static void stop(struct pool *p, struct steer_item *item)
{
	under_way(item, "stopped");
	admit_refuse_waiters(p, REASON_STOPPED);
	if (p->state == POOL_STARTING || p->state == POOL_READY)
		retire(p, "stop");
	/* nobody comes who would serve them */
	if (p->state == POOL_COLD)
		pool_flush_backlog(p);
}

/* --- restart, warm ------------------------------------------------------------------------ */

/* Of a pool that rests, @did is the word for its start. */
static void start(struct pool *p, struct steer_item *item, const char *why, const char *did)
{
	int r = 0;

	under_way(item, did);
	if (p->state == POOL_FAILED)
		p->backoff = (struct backoff)BACKOFF_NONE; /* somebody has mended it */
	if (p->state != POOL_STARTING && p->state != POOL_READY)
		r = starter_begin(p, why);
	if (r < 0)
		steer_deed_fail(item, reason_name(REASON_INTERNAL), "%s",
			p->fail_text ? p->fail_text : err_name(r));
}

static void restart(struct pool *p, struct steer_item *item)
{
	if (p->state == POOL_COLD && !item->was_stopped) {
		done(item, "nothing");
		return;
	}
	forget_image(p);
	if (!has_parent(p)) {
		/* the next one that is asked for is fresh, also if its number is given already */
		if (p->parent.spawn_id)
			item->last_spawn = p->parent.spawn_id - 1;
		start(p, item, "restart", "started");
		return;
	}
	retire(p, "restart");
	start(p, item, "restart", "restarted");
}

static void warm(struct pool *p, struct steer_item *item)
{
	if (p->state == POOL_READY) {
		done(item, "nothing");
		return;
	}
	/* who is starting already does it as well */
	if (p->state != POOL_DRAINING && p->parent.spawn_id)
		item->last_spawn = p->parent.spawn_id - 1;
	start(p, item, "warm", "started");
}

/*
 * A connection of our own, to see it serve: its first byte makes the pool READY, and it has a child
 * that waits for the first visitor. Where the host has no room for it, the start has to do.
 */
static void knock(struct pool *p, struct steer_item *item)
{
	const struct fair_figures host = ask_fair(p->manager, p->user);
	struct backend *b;

	item->has_knocked = true;
	if (pool_connections(p) || !fair_may_grow(&host, p->user->held))
		return;
	if (backend_connect(p, &b) == 0)
		b->is_knock = true;
}

static void close_late_knock(struct pool *p)
{
	uint64_t now = manager_now(p->manager);
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->unheld, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		if (b->is_knock && clock_since_ns(b->since_ns, now) > KNOCK_NS)
			backend_close(b);
	}
}

void steer_deed_on_answer(struct backend *b)
{
	struct pool *p = b->pool;

	if (!b->is_knock || b->session)
		return;
	backend_close(b);
	admit_room(p);
}

static void look_at_start(struct pool *p, struct steer_item *item)
{
	/* it may serve before the supervisor comes to say who it is, and the answer names its pid
	 */
	bool is_fresh = p->parent.spawn_id > item->last_spawn && p->parent.pid;

	switch (p->state) {
	case POOL_READY:
		item->is_up = item->is_up || is_fresh;
		break;
	case POOL_STARTING:
		if (is_fresh && !item->has_knocked)
			knock(p, item);
		close_late_knock(p);
		break;
	case POOL_FAILED:
		if (!item->is_up)
			steer_deed_fail(item, reason_name(p->fail_reason), "%s%s%s; %s",
				reason_text(p->fail_reason), p->fail_text ? ": " : "",
				p->fail_text ? p->fail_text : "", reason_remedy(p->fail_reason));
		break;
	case POOL_COLD:
		if (!item->is_up)
			steer_deed_fail(item, "ended", "it was told to end meanwhile");
		break;
	case POOL_DRAINING:
	case POOL_STATE_COUNT:
		break;
	}
}

/* --- all ---------------------------------------------------------------------------------- */

static bool has_to_start(enum control_steer_action action)
{
	return action == CONTROL_STEER_RESTART || action == CONTROL_STEER_WARM;
}

void steer_deed_begin(struct pool *p, struct steer_item *item, enum control_steer_action action)
{
	item->last_spawn = p->manager->starter.last_spawn;
	item->old_pid = p->parent.pid;
	if (has_to_start(action) && p->is_stopped) {
		/* one of many that were meant stays as it is */
		if (!item->is_named)
			done(item, "nothing");
		else
			steer_deed_fail(item, reason_name(REASON_STOPPED),
				"its user is stopped as a whole: lsapidctl warm --user lifts that");
		return;
	}
	switch (action) {
	case CONTROL_STEER_DRAIN:
		drain(p, item);
		break;
	case CONTROL_STEER_RESTART:
		restart(p, item);
		break;
	case CONTROL_STEER_STOP:
		stop(p, item);
		break;
	case CONTROL_STEER_KILL:
		kill_pool(p, item);
		break;
	case CONTROL_STEER_WARM:
		warm(p, item);
		break;
	case CONTROL_STEER_LOG_LEVEL:
	case CONTROL_STEER_TRY:
	case CONTROL_STEER_ACTION_COUNT:
		break;
	}
}

void steer_deed_look(struct pool *p, struct steer_item *item, enum control_steer_action action)
{
	bool is_start = has_to_start(action);

	if (!p) {
		done(item, item->did); /* whatever was left of it has gone with it */
		return;
	}
	if (is_start)
		look_at_start(p, item);
	if (item->state != STEER_UNDER_WAY || (is_start && !item->is_up))
		return;
	if (action == CONTROL_STEER_STOP && p->state == POOL_DRAINING)
		return;
	if (action == CONTROL_STEER_WARM || is_over(p, item))
		item->state = STEER_DONE;
}
