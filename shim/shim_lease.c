/* SPDX-License-Identifier: Apache-2.0 */

/* Connections to backends: taken from the idle list of the pool, or asked for. */

#include "shim/shim_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FIRST_PAUSE_US 10000
/**
 * A connection that was idle for longer is looked at before it is used: so much idleness pays for
 * a system call, while requests in quick succession do without.
 */
#define UNSEEN_IDLE_NS 20000000ULL
/** Pool ids become void when the manager is restarted; more often in a row is a mistake. */
#define POOL_UNKNOWN_MAX 3
/** Its parent reaps a child, says so, and the manager reads it: 255 ms for that in all ... */
#define FATE_FIRST_PAUSE_US 1000
#define FATE_LOOKS          8
/** ... after it has ended: a core file takes its time, and so does much memory. */
#define FATE_END_PAUSE_US 10000
#define FATE_END_LOOKS    200

static struct lease_slot *slot_of(const struct shim_conn *conn)
{
	return &conn->table->map->slot[conn->slot];
}

static struct lease_note *note_of(const struct shim_conn *conn)
{
	return &conn->table->map->note[conn->slot];
}

/* --- idle lists, under lease_lock ---------------------------------------------------------- */

static void unlink_idle(struct shim_pool *pool, struct shim_conn *conn)
{
	if (pool->idle == conn)
		pool->idle = conn->next;
	else
		conn->prev->next = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	conn->next = NULL;
	conn->prev = NULL;
	if (conn->table->idle_by_slot[conn->slot] == conn)
		conn->table->idle_by_slot[conn->slot] = NULL;
}

static void link_idle(struct shim_conn *conn)
{
	conn->prev = NULL;
	conn->next = conn->pool->idle;
	if (conn->next)
		conn->next->prev = conn;
	conn->pool->idle = conn;
	conn->table->idle_by_slot[conn->slot] = conn;
}

static struct shim_conn *pop_idle(struct shim_process *p, struct shim_pool *pool)
{
	pthread_mutex_lock(&p->lease_lock);
	struct shim_conn *conn = pool->idle;

	if (conn)
		unlink_idle(pool, conn);
	pthread_mutex_unlock(&p->lease_lock);
	return conn;
}

/* The lease is not ours any more: our descriptor is all there is to give up. */
static void forget(struct shim_process *p, struct shim_conn *conn)
{
	(void)close(conn->fd);
	pthread_mutex_lock(&p->lease_lock);
	shim_table_unref(conn->table);
	pthread_mutex_unlock(&p->lease_lock);
	free(conn);
}

/* A slot that is granted anew, or given back late: the older holder's copy has no use. */
static struct shim_conn *evict(struct shim_table *t, uint32_t slot, uint64_t generation)
{
	struct shim_conn *old = t->idle_by_slot[slot];

	if (!old || old->generation >= generation)
		return NULL;
	unlink_idle(old->pool, old);
	return old;
}

static void push_idle(struct shim_process *p, struct shim_conn *conn)
{
	pthread_mutex_lock(&p->lease_lock);
	struct shim_conn *gone = evict(conn->table, conn->slot, conn->generation);

	if (conn->table->idle_by_slot[conn->slot])
		gone = conn;
	else
		link_idle(conn);
	pthread_mutex_unlock(&p->lease_lock);
	if (gone)
		forget(p, gone);
}

/* Revoked leases that nobody took out since: the slow path has the time to close them. */
static void sweep(struct shim_process *p, struct shim_pool *pool)
{
	struct shim_conn *gone = NULL;

	pthread_mutex_lock(&p->lease_lock);
	for (struct shim_conn *conn = pool->idle, *next; conn; conn = next) {
		next = conn->next;
		if (lease_get_state(slot_of(conn), conn->generation) == LEASE_IDLE)
			continue;
		unlink_idle(pool, conn);
		conn->next = gone;
		gone = conn;
	}
	pthread_mutex_unlock(&p->lease_lock);
	while (gone) {
		struct shim_conn *next = gone->next;

		forget(p, gone);
		gone = next;
	}
}

/* --- taking -------------------------------------------------------------------------------- */

static void set_timeout(struct shim_conn *conn, int timeout_s)
{
	struct timeval limit = { .tv_sec = timeout_s };

	if (conn->timeout_s == timeout_s)
		return;
	(void)setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	conn->timeout_s = timeout_s;
}

/*
 * Nothing may come on an idle connection: it would pass for the answer to the next request. An
 * lsphp that has gone is noticed as well, before a request is sent to it.
 */
static bool is_quiet(const struct shim_conn *conn, enum control_close *ret_why)
{
	char byte = 0;
	ssize_t n = recv(conn->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

	*ret_why = n > 0 ? CONTROL_CLOSE_PROTOCOL : CONTROL_CLOSE_DONE;
	return n < 0 && errno == EAGAIN;
}

static struct shim_conn *take_idle(struct shim_process *p, struct shim_pool *pool)
{
	struct shim_conn *conn = NULL;

	while ((conn = pop_idle(p, pool))) {
		enum control_close why = CONTROL_CLOSE_DONE;
		uint64_t now = shim_clock_ns();
		uint64_t since =
			atomic_load_explicit(&slot_of(conn)->since_ns, memory_order_relaxed);

		if (!lease_take(slot_of(conn), conn->generation, now)) {
			forget(p, conn);
			continue;
		}
		if (now < since + UNSEEN_IDLE_NS || is_quiet(conn, &why))
			return conn;
		shim_lease_drop(p, conn, why);
	}
	return NULL;
}

/* @conn: memory for it */
static void adopt(struct shim_process *p, struct shim_pool *pool, const struct shim_reply *reply,
	struct shim_conn *conn)
{
	*conn = (struct shim_conn){
		.fd = reply->fd,
		.slot = reply->grant.slot,
		.generation = reply->grant.generation,
		.table = reply->table,
		.pool = pool,
		.timeout_s = -1,
		.grant_flags = reply->grant.flags,
	};
	/* of a connection that somebody had before, the manager knows it */
	conn->child_pid = atomic_load_explicit(&slot_of(conn)->child_pid, memory_order_relaxed);
	pthread_mutex_lock(&p->lease_lock);
	struct shim_conn *gone = evict(conn->table, conn->slot, conn->generation);

	pthread_mutex_unlock(&p->lease_lock);
	if (gone)
		forget(p, gone);
}

/* POOL once per process and life of the manager, then LEASE. */
static int ask(struct shim_process *p, struct shim_pool *pool, const struct shim_lease_terms *terms,
	struct shim_lease_failure *f)
{
	struct shim_pool_id known = shim_pool_get_id(p, pool);
	struct shim_call call = { .type = CONTROL_POOL, .pool = pool, .client_fd = -1 };

	if (known.id == 0) {
		f->session_error = shim_session_call(p->session, &call, &f->reply);
		f->error = call.error;
		if (f->session_error || f->reply.type != CONTROL_POOL_OK)
			return 1;
		known.id = f->reply.pool;
		known.boot_id = f->reply.boot_id;
		shim_pool_set_id(p, pool, known);
	}
	call.type = CONTROL_LEASE;
	call.pool_id = known.id;
	call.boot_id = known.boot_id;
	call.wait_ms = terms->wait_ms;
	call.flags = terms->flags;
	call.client_fd = terms->client_fd;
	f->session_error = shim_session_call(p->session, &call, &f->reply);
	f->error = call.error;
	if (!f->session_error && f->reply.type == CONTROL_REJECT &&
		f->reply.reason == REASON_POOL_UNKNOWN)
		shim_pool_set_id(p, pool, (struct shim_pool_id){ .id = 0 });
	return f->session_error || f->reply.type != CONTROL_GRANT;
}

static bool is_stopping(const struct shim_lease_failure *f)
{
	return f->reply.reason == REASON_STOPPING &&
	       (f->session_error == 0 || f->session_error == SHIM_SESSION_E_REFUSED);
}

/* The daemon is being started or restarted: worth waiting for. */
static bool is_passing(const struct shim_lease_failure *f)
{
	return f->session_error == SHIM_SESSION_E_CONNECT ||
	       f->session_error == SHIM_SESSION_E_LOST || is_stopping(f);
}

static void pause_us(int us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = (us % 1000000) * 1000L };

	(void)nanosleep(&t, NULL);
}

static bool is_pool_unknown(const struct shim_lease_failure *f)
{
	return f->session_error == 0 && f->reply.reason == REASON_POOL_UNKNOWN;
}

static struct shim_conn *ask_until(struct shim_process *p, struct shim_pool *pool,
	const struct shim_lease_terms *terms, struct shim_lease_failure *f)
{
	uint64_t patience_ns = (uint64_t)terms->tries * (uint64_t)terms->pause_us * 1000;
	uint64_t began_ns = shim_clock_ns();
	uint64_t give_up_ns = began_ns + patience_ns;
	int next_us = FIRST_PAUSE_US < terms->pause_us ? FIRST_PAUSE_US : terms->pause_us;
	int unknown = 0;
	/* before a lease is asked for that could not be kept */
	struct shim_conn *fresh = malloc(sizeof(*fresh));
	struct shim_conn *idle = NULL;

	if (!fresh) {
		f->session_error = SHIM_SESSION_E_CONNECT;
		f->error = ENOMEM;
		return NULL;
	}
	while (ask(p, pool, terms, f) != 0) {
		if (is_pool_unknown(f) && unknown++ < POOL_UNKNOWN_MAX)
			continue;
		/* it waits for requests under way, however long; the tries begin when it is gone */
		if (is_stopping(f) && shim_clock_ns() < began_ns + terms->stopping_ms * 1000000ULL)
			give_up_ns = shim_clock_ns() + patience_ns;
		if (is_passing(f) && shim_clock_ns() < give_up_ns) {
			pause_us(next_us);
			next_us = next_us < terms->pause_us / 2 ? next_us * 2 : terms->pause_us;
			idle = take_idle(p, pool);
			if (!idle)
				continue;
		}
		free(fresh);
		return idle;
	}
	adopt(p, pool, &f->reply, fresh);
	return fresh;
}

struct shim_conn *shim_lease_take(struct shim_process *p, struct shim_pool *pool,
	const struct shim_lease_terms *terms, struct shim_lease_failure *reterr_failure)
{
	struct shim_conn *conn = take_idle(p, pool);

	if (!conn) {
		sweep(p, pool);
		conn = ask_until(p, pool, terms, reterr_failure);
	}
	if (conn)
		set_timeout(conn, terms->timeout_s);
	return conn;
}

void shim_lease_begin(struct shim_conn *conn, const struct lease_request *request)
{
	conn->has_request = true;
	conn->is_error = false;
	lease_note_write(note_of(conn), request);
}

/* --- giving back --------------------------------------------------------------------------- */

/* As long as the lease is ours: what is written after it was cleared is somebody else's. */
static void count(struct shim_conn *conn, uint64_t now_ns, bool is_error)
{
	uint64_t since_ns = atomic_load_explicit(&slot_of(conn)->since_ns, memory_order_relaxed);

	if (!conn->has_request || lease_get_state(slot_of(conn), conn->generation) == LEASE_FREE)
		return;
	conn->has_request = false;
	lease_note_count(note_of(conn), now_ns > since_ns ? now_ns - since_ns : 0, is_error);
}

/* Whoever loses his patience has made no mistake of PHP's, and what nobody took is tried again. */
static bool is_failure(enum control_close why)
{
	return why != CONTROL_CLOSE_DONE && why != CONTROL_CLOSE_ABORTED;
}

void shim_lease_done(struct shim_process *p, struct shim_conn *conn)
{
	/* its child is about to close it: a further request could be lost in between */
	if (conn->grant_flags & CONTROL_GRANT_ONCE) {
		shim_lease_end(p, conn, CONTROL_CLOSE_DONE);
		return;
	}
	uint64_t now_ns = shim_clock_ns();

	conn->grant_flags = 0;
	count(conn, now_ns, conn->is_error);
	if (lease_done(slot_of(conn), conn->generation, now_ns)) {
		push_idle(p, conn);
		return;
	}
	/*
	 * Cleared means that the manager has ended it: nothing to give back. Anything else has to
	 * be, also what is BUSY again, since the waiter may have gone between the two looks.
	 */
	if (lease_get_state(slot_of(conn), conn->generation) != LEASE_FREE)
		shim_session_return(p->session, conn);
	forget(p, conn);
}

void shim_lease_drop(struct shim_process *p, struct shim_conn *conn, enum control_close why)
{
	if (why != CONTROL_CLOSE_UNUSED)
		count(conn, shim_clock_ns(), conn->is_error || is_failure(why));
	/* the manager has a duplicate: close alone would tell the backend nothing */
	(void)shutdown(conn->fd, SHUT_RDWR);
	shim_session_close(p->session, conn, why);
	forget(p, conn);
}

void shim_lease_end(struct shim_process *p, struct shim_conn *conn, enum control_close why)
{
	(void)atomic_fetch_add_explicit(&slot_of(conn)->requests, 1, memory_order_relaxed);
	shim_lease_drop(p, conn, why);
}

void shim_lease_note_pid(struct shim_conn *conn, int32_t pid)
{
	conn->child_pid = (uint32_t)pid;
	atomic_store_explicit(&slot_of(conn)->child_pid, conn->child_pid, memory_order_relaxed);
	/* who says so was forked for this connection, or can tell by itself what it spends */
	conn->cpu_ns = 0;
	conn->has_cpu = true;
}

bool shim_lease_has_foreign_pid(const struct shim_conn *conn)
{
	return atomic_load_explicit(&slot_of(conn)->has_foreign_pid, memory_order_relaxed);
}

struct shim_fate shim_lease_get_fate(const struct shim_conn *conn)
{
	const struct lease_slot *slot = slot_of(conn);
	uint64_t now = shim_clock_ns();
	uint64_t since = atomic_load_explicit(&slot->since_ns, memory_order_relaxed);
	struct shim_fate f = { .ran_ms = now > since ? (now - since) / 1000000 : 0 };

	f.fate = lease_get_fate(slot, conn->generation, &f.limit_s);
	return f;
}

/* Another user's, as a rule, and thus EPERM. Of who cannot be looked for nothing is known. */
static bool exists(const struct shim_conn *conn)
{
	if (shim_lease_has_foreign_pid(conn))
		return false;
	return conn->child_pid && (kill((pid_t)conn->child_pid, 0) == 0 || errno != ESRCH);
}

struct shim_fate shim_lease_wait_fate(const struct shim_conn *conn)
{
	struct shim_fate f = shim_lease_get_fate(conn);
	int us = FATE_FIRST_PAUSE_US;

	for (int i = 0; i < FATE_END_LOOKS && f.fate == LEASE_FATE_NONE && exists(conn); i++) {
		pause_us(FATE_END_PAUSE_US);
		f = shim_lease_get_fate(conn);
	}
	for (int i = 0; i < FATE_LOOKS && conn->child_pid && f.fate == LEASE_FATE_NONE; i++) {
		pause_us(us);
		us *= 2;
		f = shim_lease_get_fate(conn);
	}
	return f;
}
