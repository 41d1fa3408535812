/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/pgrp.h"
#include "daemon/manager/recycle.h"
#include "daemon/manager/thaw.h"
#include "proto/pool_spec.h"

static void begin_session(struct peer *p, uint32_t sequence, const struct control_hello *hello)
{
	struct manager *m = p->manager;
	ATTR_CLEANUP(fd_cleanup) int table_fd = -1;
	struct control_welcome welcome = { .slot_count = LEASE_TABLE_SLOTS };
	int r = session_new(m, p, hello, &p->session, &table_fd);

	if (r < 0) {
		log_error("session.error", F_INT("pid", p->pid), F_ERRNO(r));
		refuse_peer(p, sequence, REASON_INTERNAL, err_name(r), NULL);
		peer_close_after_answers(p);
		return;
	}
	p->roles |= ACCESS_SHIM;
	list_remove(&p->node);
	list_push_back(&m->peers, &p->node);
	welcome.session = p->session->id;
	welcome.boot_id = m->boot_id;
	log_debug("session.new", F_UINT("session", p->session->id), F_INT("pid", p->pid),
		F_UINT("uid", p->uid), F_STR("server", p->session->server));
	peer_send_welcome(p, sequence, &welcome, table_fd);
}

static void deny_and_close(struct peer *p, uint32_t sequence, enum reason reason, const char *text)
{
	refuse_peer(p, sequence, reason, text, NULL);
	peer_close_after_answers(p);
}

bool ops_hello(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct manager *m = p->manager;
	struct control_hello hello;

	if (control_decode_hello(data, size, &hello) || p->session)
		return false;
	if (hello.version != CONTROL_VERSION) {
		deny_and_close(p, sequence, REASON_BAD_VERSION, "HELLO with another version");
		return true;
	}
	if (!str_equal_const_time(hello.key, m->key, sizeof(m->key))) {
		deny_and_close(p, sequence, REASON_BAD_KEY, "the key is not that of key_file");
		return true;
	}
	if (shutdown_is_under_way(&m->shutdown)) {
		deny_and_close(p, sequence, REASON_STOPPING, "the daemon is stopping");
		return true;
	}
	begin_session(p, sequence, &hello);
	return true;
}

static void deny_pool(
	struct peer *p, uint32_t sequence, const struct pool_spec *spec, int r, const char *what)
{
	char text[CONTROL_MAX_TEXT];

	if (r == POOL_SET_E_FULL) {
		refuse_peer(p, sequence, REASON_POOLS_FULL, NULL, spec);
	} else if (r == POOL_SET_E_SPEC) {
		(void)snprintf(text, sizeof(text), "key %s is missing or out of its bounds", what);
		refuse_peer(p, sequence, REASON_BAD_SPEC, text, spec);
	} else {
		refuse_peer(p, sequence, REASON_INTERNAL, err_name(r), spec);
	}
}

bool ops_pool(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct manager *m = p->manager;
	struct control_pool_ok ok;
	struct control_pool msg;
	struct pool_spec spec;
	struct pool *pool;
	const char *what = "";
	int r;

	if (control_decode_pool(data, size, &msg))
		return false;
	r = pool_spec_parse(msg.spec.data, msg.spec.size, &spec);
	if (r) {
		refuse_peer(p, sequence, REASON_BAD_SPEC, pool_spec_error_text(r), NULL);
		return true;
	}
	what = pool_handler(m, &spec);
	if (what && !config_find_handler(m->config, what)) {
		refuse_peer(p, sequence, REASON_HANDLER_UNKNOWN, what, &spec);
		return true;
	}
	r = pool_set_get(&m->pools, m, &spec, &pool, &what);
	if (r == 0)
		reload_apply(pool);
	if (r == 0)
		r = session_learn(p->session, pool);
	if (r) {
		deny_pool(p, sequence, &spec, r, what);
		return true;
	}
	ok = (struct control_pool_ok){ .pool = pool->id, .children = pool->children };
	peer_send_pool_ok(p, sequence, &ok);
	return true;
}

bool ops_lease(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	static const char unknown[] = "ask for the pool again: this id is of another life";
	struct control_lease msg;
	struct pool *pool;

	if (control_decode_lease(data, size, &msg))
		return false;
	pool = session_knows(p->session, msg.pool);
	if (!pool) {
		const struct control_reject reject = {
			.reason = REASON_POOL_UNKNOWN,
			.text = { .data = (const uint8_t *)unknown, .size = sizeof(unknown) - 1 },
		};

		stats_refuse(p->manager->stats.rejects, REASON_POOL_UNKNOWN);
		peer_send_reject(p, sequence, &reject);
		return true;
	}
	reload_apply(pool);
	admit_lease(pool, p->session, sequence, &msg);
	return true;
}

/* Nobody of its pool waits for it, and enough others are kept. */
static bool is_too_many(const struct backend *b)
{
	const struct pool *p = b->pool;

	return b->is_surplus && pool_connections(p) > p->max_connections && !waitq_count(&p->waitq);
}

/* What it has served is known now, and is proof that its parent serves, if that was not known yet.
 */
static void look_at_parent(const struct backend *b)
{
	if (b->requests)
		starter_served(b->pool, b->spawn_id);
	(void)pgrp_look(b->pool, manager_now(b->pool->manager));
}

bool ops_return(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct control_return msg;
	struct backend *b;
	struct pool *pool;

	(void)sequence;
	if (control_decode_return(data, size, &msg))
		return false;
	b = session_find(p->session, msg.slot, msg.generation);
	if (!b)
		return true; /* it crossed with the end of the lease */
	pool = b->pool;
	p->manager->stats.returns++;
	lease_end(b);
	if (b->requests)
		thaw_note_answer(b, b->idle_since_ns);
	look_at_parent(b);
	if (b->has_hung_up || b->is_doubtful || b->is_condemned)
		backend_close(b);
	else if (!starter_is_current(pool, b->spawn_id))
		recycle_retired(b);
	else if (is_too_many(b))
		recycle_surplus(b);
	else if (!b->is_suspect || !recycle_returned(b))
		admit_returned(b);
	admit_room(pool);
	shutdown_check(p->manager);
	return true;
}

/* Can it only have been the present parent, or a child of it, that took the connection? */
static bool is_parent_sure(const struct backend *b)
{
	const struct pool *p = b->pool;

	return p->parent.pid && !b->is_doubtful && starter_is_current(p, b->spawn_id) &&
	       (!p->former_end_ns ||
		       clock_since_ns(p->former_end_ns, b->since_ns) > UNBORN_FORMER_NS);
}

/*
 * A connection that nobody had used before ended without a byte, though its parent lives: it was
 * accepted, and there was no child for it.
 */
static bool is_unborn(const struct backend *b, const struct control_close_lease *msg)
{
	return (msg->why == CONTROL_CLOSE_UNUSED || msg->why == CONTROL_CLOSE_DIED) &&
	       !msg->child_pid && !b->requests && !b->is_condemned &&
	       (b->pool->state == POOL_STARTING || b->pool->state == POOL_READY) &&
	       is_parent_sure(b);
}

static void note_unborn(struct pool *pool)
{
	struct manager *m = pool->manager;
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec;
	const char *limit = NULL;

	pool->counts.unborn++;
	if (!unborn_note(&pool->unborn, manager_now(m)))
		return;
	if (pool_complete_spec(pool, data, &spec) == 0)
		limit = pool_spec_get(&spec, SPEC_LIMIT_NPROC);
	pool_fail_text_set(pool, "lsphp pid %d can not fork a child for uid %u, limit_nproc %s",
		pool->parent.pid, pool->uid, limit ? limit : "not set");
	log_warn("pool.no_fork", F_POOL(pool), F_INT("pid", pool->parent.pid),
		F_STR("limit_nproc", limit ? limit : "not set"),
		F_STR("remedy", reason_remedy(REASON_PROCESS_LIMIT)));
	/* it has never served, and would take a place among those that start */
	if (pool->state == POOL_STARTING)
		starter_give_up_barren(pool);
}

static void note_close(const struct backend *b, const struct control_close_lease *msg)
{
	struct pool *pool = b->pool;

	pool->manager->stats.closes[msg->why]++;
	if (msg->why != CONTROL_CLOSE_DIED || b->is_condemned) /* we have said why it had to */
		return;
	pool->counts.deaths++;
	pgrp_note_crash(b);
	log_warn("backend.died", F_POOL(pool),
		F_UINT("pid", b->host_pid ? b->host_pid : msg->child_pid));
}

bool ops_close(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct control_close_lease msg;
	struct backend *b;
	struct pool *pool;

	(void)sequence;
	if (control_decode_close(data, size, &msg))
		return false;
	b = session_find(p->session, msg.slot, msg.generation);
	if (!b)
		return true; /* as above */
	pool = b->pool;
	note_close(b, &msg);
	lease_end(b);
	if (msg.why == CONTROL_CLOSE_DONE)
		thaw_note_answer(b, manager_now(p->manager));
	if (is_unborn(b, &msg))
		note_unborn(pool);
	backend_close(b);
	look_at_parent(b);
	admit_room(pool);
	shutdown_check(p->manager);
	return true;
}

bool ops_cancel(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct control_cancel msg;
	struct waiter *w;

	(void)sequence;
	if (control_decode_cancel(data, size, &msg))
		return false;
	w = waitq_find(&p->session->waiters, msg.lease_sequence);
	if (w)
		admit_cancel(w); /* if not, the answer is on its way */
	return true;
}

/* Apache's parent has no session: what it needs to prove is in the message. */
bool ops_terminate(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct manager *m = p->manager;
	struct control_terminate msg;

	if (control_decode_terminate(data, size, &msg))
		return false;
	if (!str_equal_const_time(msg.key, m->key, sizeof(m->key))) {
		deny_and_close(p, sequence, REASON_BAD_KEY, "the key is not that of key_file");
		return true;
	}
	if (!shutdown_is_under_way(&m->shutdown))
		instance_terminate(m, msg.instance);
	return true;
}
