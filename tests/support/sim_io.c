/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/sim_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/heap.h"
#include "daemon/manager/backend_socket.h"

/* --- libevent: timers of another time ------------------------------------------------------ */

/** In the place of what libevent keeps in a struct event. */
struct timer {
	struct heap_node node;
	uint64_t due_ns;
	uint64_t every_ns; /* 0: once */
	bool is_persistent;
	event_callback_fn fn;
	void *arg;
};

_Static_assert(sizeof(struct timer) <= sizeof(struct event), "it has to fit in there");

static bool is_due_before(struct heap_node *a, struct heap_node *b)
{
	return HEAP_OWNER(a, struct timer, node)->due_ns <
	       HEAP_OWNER(b, struct timer, node)->due_ns;
}

struct sim_io *sim_io(void)
{
	static struct sim_io io = { .timers = { .less = is_due_before } };

	return &io;
}

static struct timer *timer_of(const struct event *ev)
{
	union {
		const struct event *ev;
		struct timer *timer;
	} u = { .ev = ev };

	return u.timer;
}

static struct timer *first_timer(void)
{
	struct heap_node *n = heap_first(&sim_io()->timers);

	return n ? HEAP_OWNER(n, struct timer, node) : NULL;
}

int event_assign(struct event *ev, struct event_base *base, evutil_socket_t fd, short what,
	event_callback_fn fn, void *arg)
{
	(void)base;
	(void)fd;
	memset(ev, 0, sizeof(*ev));
	timer_of(ev)->fn = fn;
	timer_of(ev)->arg = arg;
	timer_of(ev)->is_persistent = what & EV_PERSIST;
	return 0;
}

struct event *event_new(
	struct event_base *base, evutil_socket_t fd, short what, event_callback_fn fn, void *arg)
{
	struct event *ev = malloc(sizeof(*ev));

	if (ev)
		(void)event_assign(ev, base, fd, what, fn, arg);
	return ev;
}

int event_del(struct event *ev)
{
	heap_remove(&sim_io()->timers, &timer_of(ev)->node);
	return 0;
}

void event_free(struct event *ev)
{
	(void)event_del(ev);
	free(ev);
}

int event_add(struct event *ev, const struct timeval *timeout)
{
	struct timer *t = timer_of(ev);
	uint64_t ns = (uint64_t)timeout->tv_sec * NS_PER_S + (uint64_t)timeout->tv_usec * NS_PER_US;

	(void)event_del(ev);
	t->every_ns = t->is_persistent ? ns : 0;
	t->due_ns = manager_now(sim_io()->manager) + ns;
	heap_insert(&sim_io()->timers, &t->node);
	return 0;
}

int event_pending(const struct event *ev, short events, struct timeval *tv)
{
	(void)events;
	(void)tv;
	return heap_node_is_in(&timer_of(ev)->node);
}

int event_initialized(const struct event *ev)
{
	return timer_of(ev)->fn != NULL;
}

bool sim_io_fire(uint64_t now_ns)
{
	struct timer *t = first_timer();

	if (!t || t->due_ns > now_ns)
		return false;
	heap_remove(&sim_io()->timers, &t->node);
	if (t->every_ns) {
		t->due_ns += t->every_ns;
		heap_insert(&sim_io()->timers, &t->node);
	}
	t->fn(-1, EV_TIMEOUT, t->arg);
	return true;
}

uint64_t sim_io_next_ns(void)
{
	struct timer *t = first_timer();

	return t ? t->due_ns : UINT64_MAX;
}

/* --- the manager's own -------------------------------------------------------------------- */

uint64_t manager_now(struct manager *m)
{
	return m->now_ns;
}

void manager_quit(struct manager *m, int exit_status)
{
	(void)m;
	(void)exit_status;
	abort();
}

/* --- sockets ------------------------------------------------------------------------------ */

int backend_socket_open(uint32_t pool_id, int *ret_fd)
{
	struct sim_io *io = sim_io();

	if (io->happens(io->context, "full backlog"))
		return -EAGAIN;
	io->grows(io->context, pool_set_find(&io->manager->pools, pool_id));
	*ret_fd = 0; /* nobody looks at it */
	return 0;
}

void backend_socket_close(int fd, bool is_end)
{
	(void)fd;
	(void)is_end;
}

bool backend_is_clean(const struct backend *b)
{
	(void)b;
	return !sim_io()->happens(sim_io()->context, "closed by PHP");
}

bool backend_is_unread(const struct backend *b)
{
	return !b->pool->parent.has_served;
}

int hangup_watch(struct hangup *h, struct backend *b, bool is_awaited)
{
	(void)h;
	(void)b;
	(void)is_awaited;
	return 0;
}

void hangup_await(struct hangup *h, struct backend *b)
{
	(void)h;
	(void)b;
}

void hangup_unwatch(struct hangup *h, struct backend *b)
{
	(void)h;
	sim_io()->closes(sim_io()->context, b);
}

int pool_listen(struct pool *p)
{
	(void)p;
	return 0;
}

void pool_unlisten(struct pool *p)
{
	(void)p;
}

bool pool_has_pending(const struct pool *p)
{
	(void)p;
	return sim_io()->happens(sim_io()->context, "backlog");
}

void pool_flush_backlog(struct pool *p)
{
	(void)p;
}

/* --- the supervisor, and what PHP says ----------------------------------------------------- */

int supervisor_link_send(
	struct supervisor_link *l, const struct priv_message *msg, const struct fdpass_set *fds)
{
	(void)l;
	(void)fds;
	sim_io()->sent(sim_io()->context, msg);
	return 0;
}

void supervisor_link_flush(struct supervisor_link *l)
{
	(void)l;
}

int stderr_pipe_open(struct pool *p, uint64_t spawn_id, int *ret_write_fd)
{
	(void)p;
	(void)spawn_id;
	*ret_write_fd = -1;
	return sim_io()->happens(sim_io()->context, "no descriptor") ? -EMFILE : 0;
}

void stderr_pipe_set_pid(struct pool *p, uint64_t spawn_id, int32_t pid)
{
	(void)p;
	(void)spawn_id;
	(void)pid;
}

void stderr_pipe_close_all(struct pool *p)
{
	(void)p;
}

void pool_log_follow(struct pool *p)
{
	(void)p;
}

void pool_log_close(struct pool *p)
{
	(void)p;
}

uint32_t watch_serial(const struct manager *m, const char *handler)
{
	(void)m;
	(void)handler;
	return 0;
}

/* --- answers ------------------------------------------------------------------------------ */

void peer_send_grant(struct peer *p, uint32_t seq, const struct control_grant *m, int fd)
{
	(void)p;
	(void)fd;
	sim_io()->granted(sim_io()->context, seq, m->slot, m->generation);
}

void peer_send_queued(struct peer *p, uint32_t seq, const struct control_queued *m)
{
	(void)p;
	sim_io()->queued(sim_io()->context, seq, m->wait_ms);
}

void refuse_lease(
	struct pool *p, struct peer *peer, uint32_t sequence, enum reason reason, uint64_t since_ns)
{
	(void)p;
	(void)peer;
	(void)since_ns;
	sim_io()->refused(sim_io()->context, sequence, reason);
}

/* --- what the code that is linked could do, but nobody asks it to --------------------------- */

#define NEVER(declaration)                                                                         \
	declaration                                                                                \
	{                                                                                          \
		abort();                                                                           \
	}

#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(void watch_apply(struct manager *m))
NEVER(void peer_close_after_answers(struct peer *p))
NEVER(void peer_send_welcome(
	struct peer *p, uint32_t seq, const struct control_welcome *m, int table_fd))
NEVER(void peer_send_pool_ok(struct peer *p, uint32_t seq, const struct control_pool_ok *m))
NEVER(void peer_send_reject(struct peer *p, uint32_t seq, const struct control_reject *m))
NEVER(void refuse_peer(struct peer *peer, uint32_t sequence, enum reason reason, const char *detail,
	const struct pool_spec *spec))
