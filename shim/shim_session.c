/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control connection of one Apache process, shared by its threads.
 *
 * Whoever waits for a reply while nobody receives becomes the leader: it receives one datagram at
 * a time and hands it to the waiter with its sequence, until its own has come; then another one
 * leads. A connection that breaks wakes all of them.
 */

#include "shim/shim_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/fdpass.h"
#include "shim/shim_key.h"
#include "shim/shim_link.h"
#include "shim/shim_waiter.h"

enum link_state {
	LINK_DOWN = 0,
	LINK_CONNECTING, /* one thread does, without the lock */
	LINK_UP
};

struct shim_session {
	struct shim_process *process;     /* borrowed: it owns this */
	const struct shim_global *global; /* borrowed: httpd's configuration pool */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a reply was delivered, the leader left, the state changed */
	enum link_state state;
	int fd; /* owned; -1 when down */
	bool has_leader;
	uint32_t sequence;
	uint64_t boot_id;
	struct shim_table *table; /* owned: one reference */
	struct shim_waiter *waiters;
	bool has_key;
	uint8_t key[CONTROL_KEY_SIZE];
};

struct shim_session *shim_session_new(struct shim_process *p, const struct shim_global *global)
{
	struct shim_session *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s)
		return NULL;
	s->process = p;
	s->global = global;
	s->fd = -1;
	s->has_key = global->has_key;
	memcpy(s->key, global->key, sizeof(s->key));
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

static uint64_t deadline_in(uint32_t ms)
{
	return shim_clock_ns() + (uint64_t)ms * 1000000ULL;
}

static int ms_until(uint64_t deadline_ns)
{
	uint64_t now = shim_clock_ns();

	if (now >= deadline_ns)
		return 0;
	uint64_t ms = (deadline_ns - now + 999999ULL) / 1000000ULL;

	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void wait_changed(struct shim_session *s, uint64_t deadline_ns)
{
	struct timespec at = {
		.tv_sec = (time_t)(deadline_ns / 1000000000ULL),
		.tv_nsec = (long)(deadline_ns % 1000000000ULL),
	};

	(void)pthread_cond_timedwait(&s->changed, &s->lock, &at);
}

/* --- state, under the lock ---------------------------------------------------------------- */

static void drop_table(struct shim_session *s)
{
	if (!s->table)
		return;
	pthread_mutex_lock(&s->process->lease_lock);
	shim_table_unref(s->table);
	pthread_mutex_unlock(&s->process->lease_lock);
	s->table = NULL;
}

static void close_fd(struct shim_session *s)
{
	(void)close(s->fd);
	s->fd = -1;
}

static void lose(struct shim_session *s)
{
	if (s->state != LINK_UP)
		return;
	s->state = LINK_DOWN;
	/* a leader may be waiting on the descriptor: wake it, it closes it */
	(void)shutdown(s->fd, SHUT_RDWR);
	if (!s->has_leader)
		close_fd(s);
	drop_table(s);
	shim_waiter_end_all(s->waiters, SHIM_SESSION_E_LOST);
	pthread_cond_broadcast(&s->changed);
}

static int read_key(struct shim_session *s)
{
	if (s->has_key)
		return 0;
	/* httpd without root can read it now, if lsapid was started later */
	int r = shim_key_read(s->global->key_path, s->key);

	s->has_key = r == 0;
	return r;
}

static int bring_up(struct shim_session *s, struct shim_call *call, struct shim_reply *reply)
{
	uint64_t deadline = deadline_in(s->global->answer_ms);
	struct shim_link link = { .fd = -1 };

	/* a leader of the connection before must be out of its descriptor first */
	while (s->state == LINK_CONNECTING || (s->state == LINK_DOWN && s->has_leader)) {
		if (ms_until(deadline) == 0)
			return SHIM_SESSION_E_TIMEOUT;
		wait_changed(s, deadline);
	}
	if (s->state == LINK_UP)
		return 0;
	s->state = LINK_CONNECTING;
	pthread_mutex_unlock(&s->lock);
	int r = SHIM_SESSION_E_KEY;

	call->error = -read_key(s);
	if (call->error == 0)
		r = shim_link_open(s->global, s->key, &link, reply, &call->error);
	pthread_mutex_lock(&s->lock);
	s->state = r == 0 ? LINK_UP : LINK_DOWN;
	if (r == 0) {
		s->fd = link.fd;
		s->table = link.table;
		s->boot_id = link.boot_id;
	}
	pthread_cond_broadcast(&s->changed);
	return r;
}

/* --- replies ------------------------------------------------------------------------------ */

static int take_reject(const uint8_t *data, size_t size, struct shim_reply *reply)
{
	struct control_reject reject;

	if (control_decode_reject(data, size, &reject) != 0)
		return SHIM_SESSION_E_LOST;
	reply->reason = reject.reason;
	reply->in_use = reject.in_use;
	reply->limit = reject.limit;
	reply->queued = reject.queued;
	reply->retry_after_s = reject.retry_after_s;
	reply->status = reject.status;
	shim_link_copy_text(reply->text, reject.text);
	return 0;
}

static int take_denied(const uint8_t *data, size_t size, struct shim_reply *reply)
{
	struct control_denied denied;

	if (control_decode_denied(data, size, &denied) != 0)
		return SHIM_SESSION_E_LOST;
	reply->reason = denied.reason;
	shim_link_copy_text(reply->text, denied.text);
	return 0;
}

static int take_grant(struct shim_session *s, const uint8_t *data, size_t size,
	struct fdpass_set *fds, struct shim_reply *reply)
{
	if (control_decode_grant(data, size, &reply->grant) != 0 || fds->count != 1 ||
		reply->grant.slot >= LEASE_TABLE_SLOTS)
		return SHIM_SESSION_E_LOST;
	reply->fd = fdpass_steal(fds, 0);
	pthread_mutex_lock(&s->process->lease_lock);
	s->table->refs++;
	pthread_mutex_unlock(&s->process->lease_lock);
	reply->table = s->table;
	return 0;
}

static int take_pool_ok(const uint8_t *data, size_t size, struct shim_reply *reply)
{
	struct control_pool_ok ok;

	if (control_decode_pool_ok(data, size, &ok) != 0 || ok.pool == 0)
		return SHIM_SESSION_E_LOST;
	reply->pool = ok.pool;
	return 0;
}

static int take_document(
	const uint8_t *data, size_t size, struct fdpass_set *fds, struct shim_reply *reply)
{
	struct control_document document;

	if (control_decode_document(data, size, &document) != 0 || fds->count != 1)
		return SHIM_SESSION_E_LOST;
	reply->fd = fdpass_steal(fds, 0);
	return 0;
}

static int take_reply(struct shim_session *s, uint16_t type, const uint8_t *data, size_t size,
	struct fdpass_set *fds, struct shim_reply *reply)
{
	reply->boot_id = s->boot_id;
	reply->type = (enum control_type)type;
	switch (type) {
	case CONTROL_POOL_OK:
		return take_pool_ok(data, size, reply);
	case CONTROL_DENIED:
		return take_denied(data, size, reply);
	case CONTROL_REJECT:
		return take_reject(data, size, reply);
	case CONTROL_GRANT:
		return take_grant(s, data, size, fds, reply);
	case CONTROL_DOCUMENT:
		return take_document(data, size, fds, reply);
	default:
		return SHIM_SESSION_E_LOST;
	}
}

/* From now on it may take as long as the manager says, and the client may lose its patience. */
static int take_queued(
	struct shim_session *s, const uint8_t *data, size_t size, struct shim_waiter *w)
{
	struct control_queued queued;

	if (control_decode_queued(data, size, &queued) != 0)
		return SHIM_SESSION_E_LOST;
	w->deadline_ns = deadline_in(queued.wait_ms > UINT32_MAX - s->global->answer_ms
					     ? UINT32_MAX
					     : queued.wait_ms + s->global->answer_ms);
	w->is_queued = true;
	pthread_cond_broadcast(&s->changed);
	return 0;
}

/* A lease whose waiter gave up goes back as it came. */
static int refuse_grant(struct shim_session *s, const uint8_t *data, size_t size)
{
	uint8_t message[64];
	struct control_grant grant;

	if (control_decode_grant(data, size, &grant) != 0)
		return SHIM_SESSION_E_LOST;
	struct control_return back = { .slot = grant.slot, .generation = grant.generation };
	size_t used = control_encode_return(message, sizeof(message), ++s->sequence, &back);

	return fdpass_send(s->fd, message, used, NULL, 0) < 0 ? SHIM_SESSION_E_LOST : 0;
}

static int deliver(struct shim_session *s, const uint8_t *data, size_t size, struct fdpass_set *fds)
{
	struct control_header header;

	if (control_decode_header(data, size, &header) != 0)
		return SHIM_SESSION_E_LOST;
	struct shim_waiter *w = shim_waiter_find(s->waiters, header.sequence);

	if (!w)
		return header.type == CONTROL_GRANT ? refuse_grant(s, data, size) : 0;
	if (header.type == CONTROL_QUEUED)
		return take_queued(s, data, size, w);
	int r = take_reply(s, header.type, data, size, fds, w->reply);

	if (r == 0) {
		w->result = 0;
		pthread_cond_broadcast(&s->changed);
	}
	return r;
}

/* One turn of the leader: the lock is left while it waits for a datagram. */
static void lead(struct shim_session *s, uint64_t deadline)
{
	uint8_t message[CONTROL_MAX_TEXT + 256];
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct shim_watch watch;
	ssize_t got = -EAGAIN;

	shim_watch_init(&watch, s->fd, s->waiters);
	s->has_leader = true;
	pthread_mutex_unlock(&s->lock);
	if (poll(watch.fd, watch.count, ms_until(deadline)) > 0 && watch.fd[0].revents)
		got = fdpass_recv(watch.fd[0].fd, message, sizeof(message), &fds, 1, MSG_DONTWAIT);
	pthread_mutex_lock(&s->lock);
	s->has_leader = false;
	/* before what has come is handed out: a grant to one who has gone is given back unused */
	shim_watch_mark(&watch, s->waiters);
	shim_watch_deinit(&watch);
	/* others may have lost the connection meanwhile, on a send */
	if (s->state != LINK_UP)
		close_fd(s);
	if (s->state == LINK_UP && got != -EAGAIN &&
		(got <= 0 || deliver(s, message, (size_t)got, &fds) != 0))
		lose(s);
	fdpass_close(&fds);
	pthread_cond_broadcast(&s->changed);
}

static size_t encode_call(const struct shim_call *call, uint8_t *out, size_t size, uint32_t seq)
{
	if (call->type == CONTROL_STATUS)
		return control_encode_bare(out, size, seq, call->type);
	if (call->type == CONTROL_POOL) {
		struct control_pool pool = {
			.spec = { (const uint8_t *)call->pool->spec, call->pool->spec_size },
		};

		return control_encode_pool(out, size, seq, &pool);
	}
	struct control_lease lease = {
		.pool = call->pool_id, .wait_ms = call->wait_ms, .flags = call->flags
	};

	return control_encode_lease(out, size, seq, &lease);
}

static void send_cancel(struct shim_session *s, uint32_t lease_sequence)
{
	uint8_t message[64];
	struct control_cancel cancel = { .lease_sequence = lease_sequence };
	size_t size = control_encode_cancel(message, sizeof(message), ++s->sequence, &cancel);

	if (s->state == LINK_UP && fdpass_send(s->fd, message, size, NULL, 0) < 0)
		lose(s);
}

static int send_call(struct shim_session *s, const struct shim_call *call, uint32_t sequence)
{
	size_t room = call->type == CONTROL_POOL ? CONTROL_MAX_MESSAGE : 64;
	uint8_t *message = malloc(room);
	int r = 0;

	if (!message)
		return SHIM_SESSION_E_TOO_LARGE;
	size_t size = encode_call(call, message, room, sequence);

	if (size == 0)
		r = SHIM_SESSION_E_TOO_LARGE;
	else if (fdpass_send(s->fd, message, size, NULL, 0) < 0) {
		lose(s);
		r = SHIM_SESSION_E_LOST;
	}
	free(message);
	return r;
}

static int await(struct shim_session *s, struct shim_waiter *w, const struct shim_call *call)
{
	while (w->result < 0 && ms_until(w->deadline_ns) > 0) {
		if (s->has_leader)
			wait_changed(s, w->deadline_ns);
		else
			lead(s, w->deadline_ns);
	}
	if (w->result < 0)
		w->result = SHIM_SESSION_E_TIMEOUT;
	else if (w->result != SHIM_SESSION_E_GONE)
		return w->result;
	if (call->type == CONTROL_LEASE)
		send_cancel(s, w->sequence);
	return w->result;
}

int shim_session_call(struct shim_session *s, struct shim_call *call, struct shim_reply *ret_reply)
{
	struct shim_waiter w = { .reply = ret_reply, .client_fd = call->client_fd, .result = -1 };

	memset(ret_reply, 0, sizeof(*ret_reply));
	ret_reply->fd = -1;
	pthread_mutex_lock(&s->lock);
	int r = bring_up(s, call, ret_reply);

	if (r == 0 && call->boot_id && call->boot_id != s->boot_id) {
		/* the id is of a manager that is gone: as if that had told us so */
		ret_reply->type = CONTROL_REJECT;
		ret_reply->reason = REASON_POOL_UNKNOWN;
		pthread_mutex_unlock(&s->lock);
		return 0;
	}
	if (r == 0) {
		w.sequence = ++s->sequence;
		w.deadline_ns = deadline_in(s->global->answer_ms);
		w.next = s->waiters;
		/* cppcheck-suppress autoVariables ; unlinked below, under the same lock */
		s->waiters = &w;
		r = send_call(s, call, w.sequence);
		if (r == 0)
			r = await(s, &w, call);
		shim_waiter_unlink(&s->waiters, &w);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

static void give_back(
	struct shim_session *s, const struct shim_conn *conn, const uint8_t *message, size_t size)
{
	pthread_mutex_lock(&s->lock);
	if (s->state == LINK_UP && s->table == conn->table &&
		fdpass_send(s->fd, message, size, NULL, 0) < 0)
		lose(s);
	pthread_mutex_unlock(&s->lock);
}

void shim_session_return(struct shim_session *s, const struct shim_conn *conn)
{
	uint8_t message[64];
	struct control_return back = { .slot = conn->slot, .generation = conn->generation };

	give_back(s, conn, message, control_encode_return(message, sizeof(message), 0, &back));
}

void shim_session_close(
	struct shim_session *s, const struct shim_conn *conn, enum control_close why)
{
	uint8_t message[64];
	struct control_close_lease gone = {
		.slot = conn->slot,
		.generation = conn->generation,
		.why = why,
		.child_pid = conn->child_pid,
	};

	give_back(s, conn, message, control_encode_close(message, sizeof(message), 0, &gone));
}
