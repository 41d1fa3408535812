/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/backend.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"

/* The manager's working directory is the one with the sockets, which keeps the names short. */
static int connect_pool(uint32_t pool_id, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_origin(-errno);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%u.sock", pool_id);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_origin(-errno);
	/* who gets it reads and writes with time limits of the socket, not with poll(2) */
	if (fcntl(fd, F_SETFL, 0) < 0)
		return err_origin(-errno);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int backend_connect(struct pool *p, struct backend **ret_backend)
{
	struct manager *m = p->manager;
	struct backend *b;
	int r;

	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->pool = p;
	/* a retiring parent will not serve it; the next one gets it (starter.c) */
	b->spawn_id = p->state == POOL_DRAINING ? 0 : p->parent.spawn_id;
	b->is_doubtful = p->state == POOL_DRAINING;
	b->since_ns = b->idle_since_ns = manager_now(m);
	r = connect_pool(p->id, &b->fd);
	if (r < 0) {
		free(b);
		return r;
	}
	b->is_awaited = !b->spawn_id || !p->parent.has_served;
	r = hangup_watch(&m->hangup, b);
	if (r < 0) {
		(void)fd_close(b->fd);
		free(b);
		return r;
	}
	list_push_front(&p->unheld, &b->node);
	admit_gained(p);
	p->counts.connects++;
	*ret_backend = b;
	return 0;
}

static void backend_bury(struct grave *g)
{
	free(LIST_OWNER(g, struct backend, grave));
}

void backend_close(struct backend *b)
{
	struct manager *m = b->pool->manager;

	assert(!b->session);
	if (b->fd < 0)
		return;
	list_remove(&b->node);
	list_remove(&b->spare_node);
	hangup_unwatch(&m->hangup, b);
	/*
	 * A former holder may still have a copy: closing ours alone would end nothing. But when the
	 * manager ends, what is under way shall not end with it.
	 */
	if (!m->has_quit)
		(void)shutdown(b->fd, SHUT_RDWR);
	b->fd = fd_close(b->fd);
	admit_lost(b->pool);
	b->pool->last_close_ns = manager_now(m);
	graveyard_add(&m->graveyard, &b->grave, backend_bury);
}

bool backend_is_clean(const struct backend *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN | POLLRDHUP };

	/* readable means stale bytes or the end: of either, the next holder must see nothing */
	return !b->has_hung_up && poll(&p, 1, 0) == 0;
}

bool backend_is_unread(const struct backend *b)
{
	int queued = 0;

	return ioctl(b->fd, SIOCOUTQ, &queued) == 0 && queued > 0;
}
