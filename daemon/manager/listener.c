/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/listener.h"

#include <errno.h>
#include <sys/socket.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

/** Peers accepted per event: a flood of connections does not starve those that have work. */
#define LISTENER_BATCH 16

static void pause_accept(struct listener *l, int error)
{
	static const struct timeval later = { .tv_sec = 1 };

	log_warn("listener.pause", F_ERRNO(error));
	l->is_paused = true;
	(void)event_del(&l->accept_event);
	(void)evtimer_add(&l->resume_event, &later);
}

static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	(void)what;
	for (int i = 0; i < LISTENER_BATCH; i++) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		int r = peer < 0 ? -errno : peer_new(l->manager, peer, l->door);

		if (r == 0)
			continue;
		if (is_shortage(-r))
			pause_accept(l, r);
		if (r != -ECONNABORTED && r != -EINTR)
			return;
	}
}

void listener_resume(struct listener *l)
{
	if (!l->is_paused)
		return;
	l->is_paused = false;
	(void)evtimer_del(&l->resume_event);
	(void)event_add(&l->accept_event, NULL);
	log_notice("listener.resume", F_INT("fd", l->fd));
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	listener_resume(arg);
}

int listener_init(struct listener *l, struct manager *m, int fd, enum access_door door)
{
	int r = fd_set_nonblock(fd, 1);

	if (r < 0)
		return r;
	if (event_assign(&l->accept_event, m->base, fd, EV_READ | EV_PERSIST, on_acceptable, l) <
			0 ||
		evtimer_assign(&l->resume_event, m->base, on_resume, l) < 0 ||
		event_add(&l->accept_event, NULL) < 0)
		return err_origin(-ENOMEM);
	l->manager = m;
	l->door = door;
	l->fd = fd;
	return 0;
}

void listener_deinit(struct listener *l)
{
	if (!event_initialized(&l->accept_event) || l->fd < 0)
		return;
	(void)event_del(&l->accept_event);
	(void)evtimer_del(&l->resume_event);
	l->fd = fd_close(l->fd);
}
