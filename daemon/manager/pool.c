/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"

/* PHP's log lines, per pool: enough to read a fatal error, too few to fill a disk. */
#define POOL_STDERR_PER_S 20U
#define POOL_STDERR_BURST 200U
/** Room in the backlog even for small pools: those who gave up stay in there until accepted. */
#define POOL_MIN_BACKLOG 64U

static int copy_spec(struct pool *p, const struct pool_spec *spec)
{
	p->spec_data = malloc(spec->size);
	if (!p->spec_data)
		return -ENOMEM;
	memcpy(p->spec_data, spec->data, spec->size);
	p->spec = *spec;
	p->spec.data = p->spec_data;
	p->hash = pool_spec_hash(&p->spec);
	p->handler = pool_spec_get(&p->spec, SPEC_HANDLER);
	p->name = pool_spec_get(&p->spec, SPEC_NAME);
	if (!p->name)
		p->name = "-";
	return 0;
}

int pool_new(struct manager *m, uint32_t id, const struct pool_spec *spec, struct pool **ret_pool,
	const char **ret_what)
{
	struct effective e;
	struct pool *p;

	if (effective_read(spec, m->config, &e, ret_what))
		return 1;
	p = calloc(1, sizeof(*p));
	if (!p || copy_spec(p, spec) < 0) {
		free(p);
		return -ENOMEM;
	}
	p->id = id;
	p->manager = m;
	p->since_ns = manager_now(m);
	p->uid = e.uid;
	p->gid = e.gid;
	p->children = e.children;
	p->pgrp_max_idle_s = e.pgrp_max_idle_s;
	p->listen_fd = -1;
	list_init(&p->unheld);
	list_init(&p->held);
	list_init(&p->pipes);
	waitq_init(&p->waitq);
	ratelimit_init(&p->stderr_rate, POOL_STDERR_PER_S, POOL_STDERR_BURST, p->since_ns);
	idle_init(p);
	admit_init(p);
	*ret_pool = p;
	return 0;
}

static void socket_name(const struct pool *p, char *name, size_t size)
{
	(void)snprintf(name, size, "%u.sock", p->id);
}

struct pool *pool_free(struct pool *p)
{
	struct list_node *n;
	char name[32];

	if (!p)
		return NULL;
	while ((n = list_first(&p->held)))
		lease_close(LIST_OWNER(n, struct backend, node));
	while ((n = list_first(&p->unheld)))
		backend_close(LIST_OWNER(n, struct backend, node));
	waitq_deinit(&p->waitq);
	stderr_pipe_close_all(p);
	(void)evtimer_del(&p->idle_timer);
	(void)evtimer_del(&p->wait_timer);
	list_remove(&p->start_node);
	list_remove(&p->state_node);
	if (p->listen_fd >= 0) {
		p->listen_fd = fd_close(p->listen_fd);
		socket_name(p, name, sizeof(name));
		(void)unlink(name);
	}
	free(p->fail_text);
	free(p->spec_data);
	free(p);
	return NULL;
}

bool pool_apply_config(struct pool *p)
{
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec complete;
	const char *what;
	struct effective e;

	if (effective_read(&p->spec, p->manager->config, &e, &what))
		return false; /* it was read once, and what it says has not changed */
	p->children = e.children;
	p->pgrp_max_idle_s = e.pgrp_max_idle_s;
	if (!p->parent.spawn_id ||
		effective_complete(&p->spec, p->manager->config, data, &complete))
		return false;
	return pool_spec_hash(&complete) != p->parent.spec_hash;
}

/*
 * Relative to the working directory, which is the manager's own: sun_path holds 108 bytes. Nobody
 * but the manager can reach the socket: who can connect to lsphp can set any ini value.
 */
static int make_listener(const struct pool *p, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	uint32_t backlog = p->children * 2;
	ATTR_CLEANUP(fd_cleanup) int fd = -1;

	if (backlog < POOL_MIN_BACKLOG)
		backlog = POOL_MIN_BACKLOG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_origin(-errno);
	socket_name(p, addr.sun_path, sizeof(addr.sun_path));
	if (unlink(addr.sun_path) < 0 && errno != ENOENT)
		return err_origin(-errno);
	/* the mode that the socket is born with; there is no moment with a wider one */
	if (fchmod(fd, 0600) < 0)
		return err_origin(-errno);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_origin(-errno);
	if (listen(fd, (int)backlog) < 0)
		return err_origin(-errno);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int pool_listen(struct pool *p)
{
	return p->listen_fd >= 0 ? 0 : make_listener(p, &p->listen_fd);
}

bool pool_has_pending(const struct pool *p)
{
	struct pollfd pfd = { .fd = p->listen_fd, .events = POLLIN };

	return p->listen_fd >= 0 && poll(&pfd, 1, 0) > 0;
}

void pool_flush_backlog(struct pool *p)
{
	int fd;

	if (p->listen_fd < 0)
		return;
	while ((fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		(void)fd_close(fd);
}

void pool_fail_text_set(struct pool *p, const char *format, ...)
{
	char text[CONTROL_MAX_TEXT / 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(p->fail_text);
	p->fail_text = strdup(text); /* NULL: the reason has to do */
}
