/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/stderr_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "proto/crash.h"

size_t stderr_pipe_split(const char *data, size_t size, int is_full, size_t *ret_line)
{
	const char *end = memchr(data, '\n', size);

	if (end) {
		*ret_line = (size_t)(end - data);
		return *ret_line + 1;
	}
	*ret_line = size;
	return is_full ? size : 0;
}

/* It could be a script that writes it: then it deceives the log of its own site. */
static void tell_crash(const struct stderr_pipe *sp, const char *line, size_t size)
{
	struct pool *p = sp->pool;
	struct crash c;
	uint32_t pid;

	if (!crash_read(line, size, &c))
		return;
	pid = lease_note_crash(p, &c);
	log_warn("child.killed", F_POOL(p), F_UINT("pid", pid), F_UINT("signal", c.signal),
		F_STR("core", c.has_core ? "yes" : "no"), F_STR("remedy", crash_hint(c.signal)));
}

/* Return: false: there were too many */
static bool log_line(const struct stderr_pipe *sp, const char *line, size_t size)
{
	char text[STDERR_LINE_MAX + 1];
	const struct log_field fields[] = { F_POOL(sp->pool), F_INT("pid", sp->pid),
		F_STR("text", text) };

	memcpy(text, line, size);
	text[size] = '\0';
	return !log_is_on(LOG_LEVEL_NOTICE) || log_write(LOG_LEVEL_NOTICE, "lsphp.stderr", fields,
						       sizeof(fields) / sizeof(fields[0]));
}

static void tell_line(const struct stderr_pipe *sp, const char *line, size_t size)
{
	struct pool *p = sp->pool;
	struct stats *stats = &p->manager->stats;

	if (!size)
		return;
	tell_crash(sp, line, size);
	if (pool_log_write(p, sp->pid, line, size))
		return;
	if (log_line(sp, line, size))
		stats->stderr_lines++;
	else
		stats->stderr_dropped++;
}

static void take_lines(struct stderr_pipe *sp, int is_last)
{
	size_t at = 0, line, eaten;

	while (at < sp->used) {
		int is_full = is_last || (at == 0 && sp->used == sizeof(sp->line));

		eaten = stderr_pipe_split(sp->line + at, sp->used - at, is_full, &line);
		if (!eaten)
			break;
		tell_line(sp, sp->line + at, line);
		at += eaten;
	}
	memmove(sp->line, sp->line + at, sp->used - at);
	sp->used -= at;
}

static void stderr_pipe_bury(struct grave *g)
{
	free(LIST_OWNER(g, struct stderr_pipe, grave));
}

static void close_one(struct stderr_pipe *sp)
{
	if (sp->fd < 0)
		return;
	take_lines(sp, 1);
	list_remove(&sp->node);
	(void)event_del(&sp->event);
	sp->fd = fd_close(sp->fd);
	if (list_is_empty(&sp->pool->pipes))
		pool_log_close(sp->pool);
	graveyard_add(&sp->pool->manager->graveyard, &sp->grave, stderr_pipe_bury);
}

/* One read per event: a pool that writes without end takes its turn like all others. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stderr_pipe *sp = arg;
	ssize_t n;

	(void)what;
	if (pool_log_is_awaited(sp->pool)) {
		(void)event_del(&sp->event);
		return;
	}
	n = read(fd, sp->line + sp->used, sizeof(sp->line) - sp->used);
	if (n > 0) {
		sp->used += (size_t)n;
		take_lines(sp, 0);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_one(sp);
	}
}

int stderr_pipe_open(struct pool *p, uint64_t spawn_id, int *ret_write_fd)
{
	struct stderr_pipe *sp = calloc(1, sizeof(*sp));
	ATTR_CLEANUP(fd_cleanup) int write_fd = -1;
	int fds[2], r;

	if (!sp)
		return -ENOMEM;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		r = -errno;
		free(sp);
		return err_origin(r);
	}
	sp->pool = p;
	sp->spawn_id = spawn_id;
	sp->fd = fds[0];
	write_fd = fds[1];
	r = fd_set_nonblock(sp->fd, 1); /* only this end: PHP's writes block, as it expects */
	if (r == 0 && (event_assign(&sp->event, p->manager->base, sp->fd, EV_READ | EV_PERSIST,
			       on_readable, sp) < 0 ||
			      event_add(&sp->event, NULL) < 0))
		r = -ENOMEM;
	if (r < 0) {
		(void)fd_close(sp->fd);
		free(sp);
		return r;
	}
	list_push_back(&p->pipes, &sp->node);
	*ret_write_fd = fd_steal(&write_fd);
	return 0;
}

void stderr_pipe_set_pid(struct pool *p, uint64_t spawn_id, int32_t pid)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->pipes, n, tmp) {
		struct stderr_pipe *sp = LIST_OWNER(n, struct stderr_pipe, node);

		if (sp->spawn_id == spawn_id)
			sp->pid = pid;
	}
}

void stderr_pipe_resume(struct pool *p)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->pipes, n, tmp)
		(void)event_add(&LIST_OWNER(n, struct stderr_pipe, node)->event, NULL);
}

void stderr_pipe_close_all(struct pool *p)
{
	struct list_node *n;

	while ((n = list_first(&p->pipes)))
		close_one(LIST_OWNER(n, struct stderr_pipe, node));
}
