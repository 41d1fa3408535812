/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/config/config_log.h"
#include "daemon/manager/manager.h"

/* Every byte of the longest line may become an escape of four; time, name and pid before it. */
#define LINE_MAX_BYTES (4U * STDERR_LINE_MAX + 512U)
#define NAME_MAX_BYTES 300U

void pool_logs_init(struct pool_logs *logs)
{
	list_init(&logs->all);
	list_init(&logs->queue);
	map_init(&logs->asked);
	logs->last_id = 0;
}

void pool_logs_deinit(struct pool_logs *logs)
{
	map_deinit(&logs->asked);
}

bool pool_log_is_awaited(const struct pool *p)
{
	const struct pool_log *l = p->log;

	return l && l->file.fd < 0 && (l->asked || l->queue_node.list);
}

static void tell_failure(const struct pool_log *l, int error)
{
	log_warn("pool_log.failed", F_POOL(l->pool), F_STR("file", l->path), F_ERRNO(error));
}

/* Return: 0 and its id is set; -errno */
static int ask(struct manager *m, struct pool_log *l)
{
	const struct pool_spec *spec = &l->pool->spec;
	struct priv_message msg = { .type = PRIV_LOG_OPEN, .id = m->pool_logs.last_id + 1 };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	int r = map_put(&m->pool_logs.asked, msg.id, l);

	if (r < 0)
		return r;
	fds.fd[0] = fd_memfd("lsapid-spec", spec->data, spec->size);
	fds.count = 1;
	r = fds.fd[0] < 0 ? fds.fd[0] : supervisor_link_send(&m->link, &msg, &fds);
	fdpass_close(&fds);
	if (r < 0) {
		map_remove(&m->pool_logs.asked, msg.id, l);
		return r;
	}
	l->asked = m->pool_logs.last_id = msg.id;
	return 0;
}

/* As many as may be asked for at once. */
static void ask_next(struct manager *m)
{
	struct pool_logs *logs = &m->pool_logs;
	struct list_node *n;

	while (logs->asked.count < POOL_LOG_MAX_ASKED && (n = list_pop_front(&logs->queue))) {
		struct pool_log *l = LIST_OWNER(n, struct pool_log, queue_node);
		int r = ask(m, l);

		if (r < 0) {
			tell_failure(l, r);
			stderr_pipe_resume(l->pool);
		}
	}
}

static void want(struct manager *m, struct pool_log *l)
{
	if (l->queue_node.list)
		return;
	/* an answer that is under way is that of before: it comes, and is not ours any more */
	if (l->asked)
		map_remove(&m->pool_logs.asked, l->asked, l);
	l->asked = 0;
	list_push_back(&m->pool_logs.queue, &l->queue_node);
}

void pool_logs_reopen(struct manager *m)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->pool_logs.all, n, tmp)
		want(m, LIST_OWNER(n, struct pool_log, node));
	ask_next(m);
}

bool pool_logs_on_fd(struct manager *m, const struct priv_message *msg, struct fdpass_set *fds)
{
	struct pool_log *l = map_find(&m->pool_logs.asked, msg->id);

	if (msg->id == 0 || msg->id > m->pool_logs.last_id)
		return false;
	if (!l)
		return true; /* it was closed, or asked for anew, meanwhile */
	map_remove(&m->pool_logs.asked, msg->id, l);
	l->asked = 0;
	if (msg->error)
		tell_failure(l, msg->error);
	else
		line_file_replace(&l->file, fdpass_steal(fds, 0));
	stderr_pipe_resume(l->pool);
	ask_next(m);
	return true;
}

/* Of a pool that has ended meanwhile nobody reads them. */
bool pool_logs_on_dumped(struct manager *m, const struct priv_message *msg, int fd)
{
	struct pool *p = map_find(&m->starter.by_spawn, msg->id);
	char *text = NULL, *rest = NULL;
	size_t size = 0;
	int r;

	if (!p)
		return msg->id && msg->id <= m->starter.last_spawn;
	r = fd_read_all(fd, PRIV_DUMP_MAX, &text, &size);
	if (r < 0)
		log_warn("pool_log.failed", F_POOL(p), F_STR("file", "lsapid-dump"), F_ERRNO(r));
	for (char *line = r < 0 ? NULL : strtok_r(text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		if (!pool_log_write(p, msg->pid, line, strlen(line)))
			break;
	}
	free(text);
	return true;
}

static char *wanted_path(struct pool *p, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", p->manager->config->log_dir, name) < 0)
		return NULL;
	return path;
}

/* Another file than before, or the first one. @path is consumed. */
static int take_path(struct pool *p, char *path)
{
	struct pool_log *l = p->log;

	if (!l) {
		l = calloc(1, sizeof(*l));
		if (!l) {
			free(path);
			return -ENOMEM;
		}
		l->pool = p;
		l->file.fd = -1;
		list_push_back(&p->manager->pool_logs.all, &l->node);
		p->log = l;
	}
	free(l->path);
	l->path = path;
	want(p->manager, l);
	ask_next(p->manager);
	return 0;
}

void pool_log_follow(struct pool *p)
{
	char name[CONFIG_LOG_NAME_SIZE];
	char *path;

	if (config_log_name(p->manager->config, pool_find_file(p->manager, &p->spec), &p->spec,
		    name) == CONFIG_LOG_NONE) {
		pool_log_close(p);
		return;
	}
	path = wanted_path(p, name);
	if (path && p->log && strcmp(p->log->path, path) == 0 &&
		(p->log->file.fd >= 0 || pool_log_is_awaited(p))) {
		free(path);
		return;
	}
	if (!path || take_path(p, path) < 0)
		log_warn("pool_log.failed", F_POOL(p), F_STR("file", name), F_ERRNO(ENOMEM));
}

static void tell_working(struct pool_log *l)
{
	uint64_t lost = l->file.lost;

	l->file.lost = 0;
	log_notice(
		"pool_log.working", F_POOL(l->pool), F_STR("file", l->path), F_UINT("lost", lost));
}

void pool_log_close(struct pool *p)
{
	struct pool_log *l = p->log;
	struct pool_logs *logs = &p->manager->pool_logs;

	if (!l)
		return;
	if (l->asked)
		map_remove(&logs->asked, l->asked, l);
	list_remove(&l->queue_node);
	list_remove(&l->node);
	line_file_replace(&l->file, -1);
	free(l->path);
	free(l);
	p->log = NULL;
	stderr_pipe_resume(p);
	ask_next(p->manager);
}

size_t pool_log_format(
	char *out, size_t size, const char *name, int32_t pid, const char *text, size_t text_size)
{
	size_t used = log_put_time(out, size);
	int n;

	out[used++] = ' ';
	used += log_put_text(out + used, NAME_MAX_BYTES, name, strlen(name));
	n = snprintf(out + used, size - used, "[%d]: ", pid);
	if (n > 0)
		used += (size_t)n;
	used += log_put_text(out + used, size - used, text, text_size);
	out[used++] = '\n';
	return used;
}

bool pool_log_write(struct pool *p, int32_t pid, const char *text, size_t size)
{
	struct stats *stats = &p->manager->stats;
	struct pool_log *l = p->log;
	char line[LINE_MAX_BYTES];
	int r;

	if (!l || l->file.fd < 0)
		return false;
	r = line_file_write(
		&l->file, line, pool_log_format(line, sizeof(line), p->name, pid, text, size));
	if (r < 0) {
		stats->log_lost++;
		if (l->file.lost == 1)
			tell_failure(l, r);
		return false;
	}
	stats->log_lines++;
	if (l->file.lost)
		tell_working(l);
	return true;
}
