/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/hangup.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"

#define HANGUP_BATCH          64
#define HANGUP_AGAIN_FIRST_MS 20U
#define HANGUP_AGAIN_MOST_MS  1000U

static void look_again_later(struct hangup *h)
{
	struct timeval tv = {
		.tv_sec = h->again_ms / 1000,
		.tv_usec = (suseconds_t)(h->again_ms % 1000) * 1000,
	};

	(void)evtimer_add(
		&h->again, &tv); /* fails only without memory: the session's end cleans up */
}

static void hung_up(struct hangup *h, struct backend *b)
{
	hangup_unwatch(h, b);
	b->has_hung_up = true;
	if (lease_forget_hung_up(b))
		return;
	h->again_ms = HANGUP_AGAIN_FIRST_MS;
	list_push_back(&h->busy, &b->hangup_node);
	look_again_later(h);
}

static void first_byte(struct hangup *h, struct backend *b)
{
	struct epoll_event ev = { .events = EPOLLRDHUP, .data.ptr = b };

	list_remove(&b->await_node);
	(void)epoll_ctl(h->epoll_fd, EPOLL_CTL_MOD, b->fd, &ev); /* it is in there: cannot fail */
	starter_served(b->pool, b->spawn_id);
	steer_deed_on_answer(b);
}

/*
 * Woken for bytes that their reader has taken meanwhile: whose they were, the leases tell. Without
 * this, each answer would wake us until we are faster than the reader for once.
 */
static void look_at_awaited(struct hangup *h)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&h->awaited, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, await_node);

		if (backend_told_pid(b) || backend_requests(b))
			first_byte(h, b);
	}
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;
	struct epoll_event ev[HANGUP_BATCH];
	int n;

	(void)what;
	n = epoll_wait(fd, ev, HANGUP_BATCH, 0);
	for (int i = 0; i < n; i++) {
		struct backend *b = ev[i].data.ptr;

		if (b->fd < 0)
			continue; /* closed earlier in this batch: it is in the graveyard */
		if (ev[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			hung_up(&m->hangup, b);
		else
			first_byte(&m->hangup, b);
	}
	if (n == 0)
		look_at_awaited(&m->hangup);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct hangup *h = &((struct manager *)arg)->hangup;
	struct list_node *n;
	struct list todo;

	(void)fd;
	(void)what;
	/* one pass over what is there now; forgetting one may free others of the list */
	list_init(&todo);
	while ((n = list_pop_front(&h->busy)))
		list_push_back(&todo, n);
	while ((n = list_pop_front(&todo))) {
		struct backend *b = LIST_OWNER(n, struct backend, hangup_node);

		if (!lease_forget_hung_up(b))
			list_push_back(&h->busy, n);
	}
	if (list_is_empty(&h->busy))
		return;
	if (h->again_ms < HANGUP_AGAIN_MOST_MS)
		h->again_ms *= 2;
	look_again_later(h);
}

int hangup_init(struct hangup *h, struct manager *m)
{
	list_init(&h->busy);
	list_init(&h->awaited);
	h->again_ms = HANGUP_AGAIN_FIRST_MS;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll_fd < 0)
		return err_origin(-errno);
	if (event_assign(&h->event, m->base, h->epoll_fd, EV_READ | EV_PERSIST, on_event, m) < 0 ||
		evtimer_assign(&h->again, m->base, on_again, m) < 0 ||
		event_add(&h->event, NULL) < 0)
		return err_origin(-ENOMEM);
	return 0;
}

void hangup_deinit(struct hangup *h)
{
	if (event_initialized(&h->event))
		(void)event_del(&h->event);
	if (event_initialized(&h->again))
		(void)event_del(&h->again);
	if (event_initialized(&h->event))
		h->epoll_fd = fd_close(h->epoll_fd);
	memset(&h->event, 0, sizeof(h->event));
	memset(&h->again, 0, sizeof(h->again));
}

int hangup_watch(struct hangup *h, struct backend *b, bool is_awaited)
{
	struct epoll_event ev = { .events = EPOLLRDHUP, .data.ptr = b };

	if (is_awaited)
		ev.events |= EPOLLIN;
	if (epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, b->fd, &ev) < 0)
		return err_origin(-errno);
	if (is_awaited)
		list_push_back(&h->awaited, &b->await_node);
	return 0;
}

void hangup_await(struct hangup *h, struct backend *b)
{
	struct epoll_event ev = { .events = EPOLLRDHUP | EPOLLIN, .data.ptr = b };

	if (b->has_hung_up)
		return; /* not watched any more */
	list_remove(&b->await_node);
	list_push_back(&h->awaited, &b->await_node);
	(void)epoll_ctl(h->epoll_fd, EPOLL_CTL_MOD, b->fd, &ev); /* it is in there: cannot fail */
}

void hangup_unwatch(struct hangup *h, struct backend *b)
{
	list_remove(&b->hangup_node);
	list_remove(&b->await_node);
	/* it may be out already, after a hang-up */
	(void)epoll_ctl(h->epoll_fd, EPOLL_CTL_DEL, b->fd, NULL);
}
