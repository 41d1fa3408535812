/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/supervisor_link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static int receive(int fd, struct priv_message *ret_msg, struct fdpass_set *ret_fds, int flags)
{
	/* one byte more than a message: a longer one must not pass for one that was cut */
	uint8_t data[PRIV_MESSAGE_SIZE + 1];
	ssize_t n = fdpass_recv(fd, data, sizeof(data), ret_fds, FDPASS_MAX, flags);

	if (n == 0)
		return -EPIPE;
	if (n < 0)
		return (int)n;
	if (priv_decode(data, (size_t)n, ret_msg) || ret_fds->count != priv_fd_count(ret_msg)) {
		fdpass_close(ret_fds);
		return err_origin(-EPROTO);
	}
	return 0;
}

int supervisor_link_setup(int fd, struct priv_message *ret_msg, struct fdpass_set *ret_fds)
{
	int r = receive(fd, ret_msg, ret_fds, 0);

	if (r < 0)
		return r;
	if (ret_msg->type != PRIV_SETUP) {
		fdpass_close(ret_fds);
		return err_origin(-EPROTO);
	}
	return 0;
}

/* Return: false if the message can not come here: a violation */
static bool dispatch(struct manager *m, const struct priv_message *msg, struct fdpass_set *fds)
{
	switch (msg->type) {
	case PRIV_SPAWNED:
		return starter_on_spawned(m, msg);
	case PRIV_SPAWN_FAILED:
		return starter_on_failed(m, msg);
	case PRIV_EXITED:
		return starter_on_exited(m, msg);
	case PRIV_USER_FILE_DATA:
		return explain_on_user_file(m, msg, fds->fd[0]) ||
		       starter_on_user_file(m, msg, fds->fd[0]);
	case PRIV_RELOAD:
		reload_take(m, fdpass_steal(fds, 0));
		return true;
	case PRIV_RELOAD_FAILED:
		reload_refused(m, fds->fd[0]);
		return true;
	case PRIV_STOP:
		shutdown_begin(m, (uint32_t)msg->status, "supervisor");
		return true;
	case PRIV_LOG_ROTATE:
		logs_rotate(m, msg, fds);
		return true;
	case PRIV_LOG_FD:
		return pool_logs_on_fd(m, msg, fds);
	case PRIV_CRIU:
		return criu_on_state(m, msg);
	case PRIV_FROZEN:
		return freeze_on_frozen(m, msg);
	case PRIV_IMAGES_DATA:
		return criu_on_images(m, msg, fds->fd[0]);
	case PRIV_JUDGED:
		return explain_on_judged(m, msg);
	case PRIV_PING:
		manager_tell_alive(m);
		return true;
	case PRIV_TRIED:
		return dry_run_on_tried(m, msg, fds->fd);
	case PRIV_DUMPED:
		return pool_logs_on_dumped(m, msg, fds->fd[0]);
	case PRIV_LOG_OPEN:
	case PRIV_SETUP:
	case PRIV_READY:
	case PRIV_SPAWN:
	case PRIV_SIGNAL:
	case PRIV_RELOADED:
	case PRIV_RELOAD_REQUEST:
	case PRIV_TRY:
	case PRIV_LOG_LEVEL:
	case PRIV_STOPPED:
	case PRIV_USER_FILE:
	case PRIV_FREEZE:
	case PRIV_IMAGES:
	case PRIV_JUDGE:
	case PRIV_ALIVE:
		break;
	}
	return false;
}

static void lost(struct manager *m, int r)
{
	log_error("link.lost", F_ERRNO(r));
	manager_quit(m, 1);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	struct manager *m = arg;
	struct priv_message msg;
	int r;

	(void)what;
	r = receive(fd, &msg, &fds, MSG_DONTWAIT);
	if (r == -EAGAIN)
		return;
	if (r < 0) {
		lost(m, r);
		return;
	}
	m->link.heard_ns = manager_now(m);
	log_debug("link.recv", F_STR("type", priv_type_name(msg.type)), F_UINT("id", msg.id));
	if (!dispatch(m, &msg, &fds)) {
		log_error("link.violation", F_STR("type", priv_type_name(msg.type)),
			F_UINT("id", msg.id));
		manager_quit(m, 1);
	}
	fdpass_close(&fds);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;
	int r = outbox_flush(&m->link.outbox, fd);

	(void)what;
	if (r <= 0)
		(void)event_del(&m->link.write_event);
	if (r < 0)
		lost(m, r);
}

int supervisor_link_init(struct supervisor_link *l, struct manager *m, int fd)
{
	outbox_init(&l->outbox, SUPERVISOR_LINK_QUEUE);
	if (event_assign(&l->read_event, m->base, fd, EV_READ | EV_PERSIST, on_readable, m) < 0 ||
		event_assign(&l->write_event, m->base, fd, EV_WRITE | EV_PERSIST, on_writable, m) <
			0 ||
		event_add(&l->read_event, NULL) < 0)
		return err_origin(-ENOMEM);
	l->fd = fd;
	return 0;
}

void supervisor_link_deinit(struct supervisor_link *l)
{
	if (!event_initialized(&l->read_event))
		return;
	(void)event_del(&l->read_event);
	(void)event_del(&l->write_event);
	outbox_deinit(&l->outbox);
	l->fd = fd_close(l->fd);
}

int supervisor_link_send(
	struct supervisor_link *l, const struct priv_message *msg, const struct fdpass_set *fds)
{
	struct manager *m = LIST_OWNER(l, struct manager, link);
	uint8_t data[PRIV_MESSAGE_SIZE];
	int r;

	priv_encode(data, msg);
	r = outbox_send(&l->outbox, l->fd, data, sizeof(data), fds);
	if (r == OUTBOX_QUEUED) {
		(void)event_add(&l->write_event, NULL);
		return 0;
	}
	if (r == OUTBOX_E_FULL)
		r = -ENOBUFS;
	if (r < 0)
		lost(m, r);
	return r;
}

void supervisor_link_flush(struct supervisor_link *l)
{
	while (outbox_flush(&l->outbox, l->fd) == OUTBOX_QUEUED) {
		struct pollfd p = { .fd = l->fd, .events = POLLOUT };

		if (poll(&p, 1, 1000) <= 0)
			return;
	}
}
