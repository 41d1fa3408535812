/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/starter.h"

#include <assert.h>
#include <errno.h>
#include <sys/wait.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/starter_ask.h"
#include "daemon/manager/starter_watch.h"
#include "daemon/manager/thaw.h"
#include "proto/crash.h"

/* --- asking for a parent ----------------------------------------------------------------- */

static bool has_parent(const struct pool *p)
{
	return p->parent.spawn_id != 0;
}

/* Pools that are STARTING and have been asked for: those that count against the bound. */
static bool is_turn(const struct manager *m)
{
	size_t starting = m->pools.by_state[POOL_STARTING].count - m->starter.queue.count;

	return starting < m->config->max_concurrent_starts;
}

static void start_failed(struct pool *p, enum reason reason, uint64_t lived_ns);

static void cannot_ask(struct pool *p, int r)
{
	pool_fail_text_set(p, "cannot ask for a start: %s", err_name(r));
	start_failed(p, REASON_INTERNAL, 0);
}

void starter_next(struct manager *m)
{
	struct start_ticket *t;

	while (is_turn(m) && (t = start_queue_pop(&m->starter.queue))) {
		struct pool *p = LIST_OWNER(t, struct pool, start_ticket);
		int r = 0;

		/* the order that stops it stops others as well, and comes to it in a moment */
		if (p->is_stopped)
			pool_set_state(p, POOL_COLD, "stop");
		else
			r = starter_ask(p);
		if (r < 0)
			cannot_ask(p, r);
	}
}

int starter_begin(struct pool *p, const char *why)
{
	struct manager *m = p->manager;
	int r = pool_listen(p);

	if (r < 0)
		return r;
	starter_watch_arm(m);
	if (p->state == POOL_DRAINING) {
		p->is_wanted_again = true;
		return 0;
	}
	p->fail_reason = REASON_NONE;
	pool_set_state(p, POOL_STARTING, why);
	thaw_begin(p);
	p->parent = (struct pool_parent){ .spawn_id = 0 };
	start_queue_add(&m->starter.queue, &p->user->starts, &p->start_ticket);
	starter_next(m);
	/* a failure of ours has made it FAILED already; its reason is there for who asks next */
	return p->state == POOL_STARTING ? 0 : -EIO;
}

/* --- what becomes of it ------------------------------------------------------------------ */

void starter_served(struct pool *p, uint64_t spawn_id)
{
	if (!has_parent(p) || p->parent.spawn_id != spawn_id || p->parent.has_served)
		return;
	p->parent.has_served = true;
	if (p->state != POOL_STARTING)
		return;
	pool_set_state(p, POOL_READY, "served");
	figures_note_start(p, clock_since_ns(p->parent.since_ns, manager_now(p->manager)));
	idle_arm(p);
	care_wake(p);
	starter_next(p->manager);
}

bool starter_is_current(const struct pool *p, uint64_t spawn_id)
{
	return spawn_id == p->parent.spawn_id && !p->parent.is_retiring;
}

size_t starter_count(const struct starter *st)
{
	return st->by_spawn.count + st->given_up.count;
}

static void send_signal(struct manager *m, uint64_t spawn_id, enum priv_signal what)
{
	const struct priv_message msg = { .type = PRIV_SIGNAL, .id = spawn_id, .signal = what };

	(void)supervisor_link_send(&m->link, &msg, NULL); /* a lost link ends the manager */
}

void starter_retire(struct pool *p, const char *why)
{
	struct manager *m = p->manager;

	if (start_ticket_is_waiting(&p->start_ticket)) {
		start_queue_remove(&m->starter.queue, &p->start_ticket);
		pool_set_state(p, POOL_COLD, why);
		return;
	}
	if (!has_parent(p) || p->parent.is_retiring)
		return;
	freeze_note_retired(p);
	backend_settle_pids(p);
	p->parent.is_retiring = true;
	m->stats.retirements++;
	idle_disarm(p);
	pool_set_state(p, POOL_DRAINING, why);
	starter_watch_arm(m);
	if (!p->parent.is_reading)
		send_signal(m, p->parent.spawn_id, PRIV_SIGNAL_RETIRE);
	starter_next(m);
}

void starter_kill(struct pool *p)
{
	if (p->parent.is_killed)
		return;
	p->parent.is_killed = true;
	log_warn("pool.kill", F_POOL(p), F_INT("pid", p->parent.pid),
		F_STR("state", pool_state_name(p->state)));
	send_signal(p->manager, p->parent.spawn_id, PRIV_SIGNAL_KILL);
}

void starter_give_up_barren(struct pool *p)
{
	p->parent.is_barren = true;
	starter_kill(p);
}

/* Counted, and the back-off told. Return: time until the next try in ns */
static uint64_t note_failure(struct pool *p, bool has_served, uint64_t lived_ns)
{
	struct manager *m = p->manager;
	uint64_t now = manager_now(m);

	p->counts.failures++;
	if (has_served)
		m->stats.unasked_exits++;
	else
		m->stats.start_failures++;
	backoff_fail(&p->backoff, has_served, lived_ns, now);
	return backoff_left_ns(&p->backoff, now);
}

/*
 * Nothing will accept what is in the backlog for a while. Those who wait there are told at once,
 * ask again, and are refused with the reason.
 */
static void enter_failed(struct pool *p, enum reason reason)
{
	struct manager *m = p->manager;
	uint64_t left_ns = backoff_left_ns(&p->backoff, manager_now(m));

	p->fail_reason = reason;
	log_warn("pool.failed", F_POOL(p), F_STR("reason", reason_name(reason)),
		F_STR("detail", p->fail_text), F_UINT("failures", p->backoff.failures),
		F_UINT("next_try_ms", left_ns / NS_PER_MS), F_STR("remedy", reason_remedy(reason)));
	idle_disarm(p);
	start_queue_remove(&m->starter.queue, &p->start_ticket);
	pool_set_state(p, POOL_FAILED, reason_name(reason));
	pool_flush_backlog(p);
	(void)lease_drop_idle(p);
	admit_refuse_waiters(p, reason);
	starter_next(m);
}

static void start_failed(struct pool *p, enum reason reason, uint64_t lived_ns)
{
	(void)note_failure(p, false, lived_ns);
	enter_failed(p, reason);
}

/* Somebody waits already. If it can not be, those are told, and ask again. */
static void begin_for_waiting(struct pool *p)
{
	int r = starter_begin(p, "waiting");

	if (r == 0)
		return;
	log_error("pool.start_error", F_POOL(p), F_ERRNO(r));
	pool_flush_backlog(p);
	admit_refuse_waiters(p, REASON_INTERNAL);
}

/* It had served: its busy children finish what they run, and somebody may wait already. */
static void parent_died(struct pool *p, uint64_t lived_ns)
{
	log_warn("pool.died", F_POOL(p), F_STR("detail", p->fail_text),
		F_UINT("lived_ms", lived_ns / NS_PER_MS));
	if (note_failure(p, true, lived_ns)) {
		enter_failed(p, REASON_BACKOFF);
		return;
	}
	idle_disarm(p);
	(void)lease_drop_idle(p);
	pool_set_state(p, POOL_COLD, "died");
	if (pool_has_pending(p) || waitq_count(&p->waitq))
		begin_for_waiting(p);
	starter_next(p->manager);
}

static void parent_retired(struct pool *p)
{
	/* what nobody holds any more waits in the backlog for nothing */
	bool is_wanted = p->is_wanted_again || (p->held.count && pool_has_pending(p));

	p->is_wanted_again = false;
	pool_set_state(p, POOL_COLD, "retired");
	if (!shutdown_is_under_way(&p->manager->shutdown) && is_wanted && !p->is_stopped)
		begin_for_waiting(p);
	else
		pool_flush_backlog(p);
}

static void give_up_queue(struct manager *m)
{
	struct start_ticket *t;

	while ((t = start_queue_pop(&m->starter.queue))) {
		struct pool *p = LIST_OWNER(t, struct pool, start_ticket);

		pool_fail_text_set(p, "the supervisor does not answer");
		start_failed(p, REASON_START_FAILED, 0);
	}
}

void starter_give_up(struct pool *p)
{
	struct manager *m = p->manager;
	bool is_silent = m->link.heard_ns < p->parent.since_ns;
	bool is_retiring = p->parent.is_retiring;

	if (map_put(&m->starter.given_up, p->parent.spawn_id, &m->starter) < 0)
		return; /* tried again by the next tick */
	if (is_silent)
		give_up_queue(m); /* before this one makes room for the next of them */
	starter_forget(p);
	pool_fail_text_set(p, "the supervisor does not answer");
	if (is_retiring)
		parent_retired(p);
	else
		start_failed(p, REASON_START_FAILED, 0);
}

/* Until then CRIU may let it go on, and accept before it is told to end. */
static uint64_t frozen_until_ns(struct manager *m)
{
	return manager_now(m) + m->config->criu_time_limit_ms * NS_PER_MS;
}

void starter_give_up_frozen(struct pool *p)
{
	struct manager *m = p->manager;
	bool is_retiring = p->parent.is_retiring;
	struct list_node *n, *tmp;

	if (map_put(&m->starter.given_up, p->parent.spawn_id, &m->starter) < 0)
		return; /* they wait until CRIU is done */
	if (!is_retiring) {
		m->stats.retirements++;
		send_signal(m, p->parent.spawn_id, PRIV_SIGNAL_RETIRE);
	}
	/* whoever of the two parents takes them, they serve this request and no other */
	LIST_FOREACH (&p->held, n, tmp)
		LIST_OWNER(n, struct backend, node)->is_doubtful = true;
	starter_forget(p);
	p->former_end_ns = frozen_until_ns(m);
	idle_disarm(p);
	if (is_retiring) {
		parent_retired(p);
		return;
	}
	pool_set_state(p, POOL_COLD, "freezing-too-slow");
	begin_for_waiting(p);
}

/* --- what the supervisor says ------------------------------------------------------------ */

static struct pool *find_spawn(struct manager *m, uint64_t id)
{
	struct pool *p = map_find(&m->starter.by_spawn, id);

	return p && p->parent.spawn_id == id ? p : NULL;
}

/* Return: true if this answer or exit is that of a start which was given up */
static bool on_late(struct manager *m, const struct priv_message *msg)
{
	if (!map_find(&m->starter.given_up, msg->id))
		return false;
	log_notice("pool.late", F_STR("type", priv_type_name(msg->type)), F_INT("pid", msg->pid));
	if (msg->type == PRIV_SPAWNED) {
		send_signal(m, msg->id, PRIV_SIGNAL_RETIRE);
		return true;
	}
	map_remove(&m->starter.given_up, msg->id, &m->starter);
	shutdown_check(m);
	return true;
}

bool starter_on_spawned(struct manager *m, const struct priv_message *msg)
{
	struct pool *p = find_spawn(m, msg->id);

	if (on_late(m, msg))
		return true;
	if (!p || p->parent.pid || p->parent.is_reading)
		return false;
	p->parent.pid = msg->pid;
	stderr_pipe_set_pid(p, msg->id, msg->pid);
	thaw_note_spawned(p, msg);
	lease_note_thawed(p);
	log_info("pool.start", F_POOL(p), F_UINT("gid", p->gid), F_STR("handler", p->handler),
		F_INT("pid", msg->pid), F_STR("how", p->parent.is_thawed ? "thawed" : "started"));
	return true;
}

bool starter_on_failed(struct manager *m, const struct priv_message *msg)
{
	struct pool *p = find_spawn(m, msg->id);

	if (on_late(m, msg))
		return true;
	if (!p || p->parent.pid || p->parent.is_reading)
		return false;
	pool_fail_text_set(p, "step %s, %s%s%s", priv_step_name(msg->step),
		msg->error ? err_name(msg->error) : "refused", msg->text[0] ? ": " : "", msg->text);
	if (p->parent.is_retiring) {
		starter_forget(p);
		parent_retired(p);
		return true;
	}
	starter_forget(p);
	start_failed(p, (enum reason)msg->reason, 0);
	return true;
}

static void exit_text_set(struct pool *p, int status)
{
	if (WIFSIGNALED(status))
		pool_fail_text_set(p, "lsphp pid %d was killed by signal %d%s: %s", p->parent.pid,
			WTERMSIG(status), WCOREDUMP(status) ? ", core dumped" : "",
			crash_hint((uint32_t)WTERMSIG(status)));
	else
		pool_fail_text_set(p, "lsphp pid %d exited with status %d", p->parent.pid,
			WEXITSTATUS(status));
}

bool starter_on_exited(struct manager *m, const struct priv_message *msg)
{
	struct pool *p = find_spawn(m, msg->id);
	struct pool_parent was;
	uint64_t lived_ns;

	if (on_late(m, msg))
		return true;
	if (!p)
		return false;
	if (lease_has_served(p, msg->id) || starter_watch_has_read(p, manager_now(m)))
		p->parent.has_served = true;
	was = p->parent;
	lived_ns = clock_since_ns(was.since_ns, manager_now(m));
	log_info("pool.exit", F_POOL(p), F_INT("pid", was.pid), F_INT("status", msg->status),
		F_UINT("lived_ms", lived_ns / NS_PER_MS));
	if (!was.is_barren)
		exit_text_set(p, msg->status);
	starter_forget(p);
	if (was.is_retiring)
		parent_retired(p);
	else if (was.is_barren)
		start_failed(p, REASON_PROCESS_LIMIT, lived_ns);
	else if (was.has_served)
		parent_died(p, lived_ns);
	else
		start_failed(p, REASON_START_EXITED, lived_ns);
	shutdown_check(m);
	return true;
}

bool starter_on_user_file(struct manager *m, const struct priv_message *msg, int fd)
{
	struct pool *p = find_spawn(m, msg->id);
	int r;

	if (on_late(m, msg))
		return true;
	if (!p || !p->parent.is_reading)
		return false;
	p->parent.is_reading = false;
	if (p->parent.is_retiring) {
		starter_forget(p);
		parent_retired(p);
		shutdown_check(m);
		return true;
	}
	own_file_take(p, (enum priv_user_file)msg->status, fd);
	r = starter_spawn(p);
	if (r < 0) {
		starter_forget(p);
		cannot_ask(p, r);
		return true;
	}
	admit_room(p); /* its limit may be higher than it was */
	return true;
}

int starter_init(struct starter *st, struct manager *m)
{
	start_queue_init(&st->queue);
	map_init(&st->by_spawn);
	map_init(&st->given_up);
	return starter_watch_init(st, m);
}

void starter_deinit(struct starter *st)
{
	map_deinit(&st->by_spawn);
	map_deinit(&st->given_up);
}
