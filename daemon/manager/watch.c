/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"

static void php_deinit(struct watch_php *p)
{
	for (size_t i = 0; i < p->paths; i++)
		free(p->path[i]);
	free(p->path);
	free(p->name);
	watch_shot_deinit(&p->shot);
}

static void free_all(struct watch_php *php, size_t count)
{
	for (size_t i = 0; i < count; i++)
		php_deinit(&php[i]);
	free(php);
}

static const char *remedy_of(int error)
{
	switch (error) {
	case ENOSPC:
		return "raise fs.inotify.max_user_watches (sysctl)";
	case EMFILE:
		return "raise fs.inotify.max_user_instances (sysctl)";
	case EACCES:
		return "let the account of lsapid-manager read this directory, or take the path out "
		       "of watch";
	default:
		return "watch_php = off in lsapid.conf if this can not be helped";
	}
}

/* PHP is served all the same: only changes of it have to be told by a restart of lsapid. */
static void tell_failure(void *context, const char *path, int error)
{
	(void)context;
	log_warn("watch.failed", F_STR("path", path), F_ERRNO(error),
		F_STR("remedy", remedy_of(error)));
}

/* --- looking ------------------------------------------------------------------------------- */

/* The directories first: what changes after they are watched is noticed. */
static void watch_all(struct watch *w)
{
	int r = 0;

	watch_dirs_begin(&w->dirs);
	for (size_t i = 0; i < w->php_count; i++) {
		for (size_t k = 0; k < w->php[i].paths && r == 0; k++)
			r = watch_dirs_add(&w->dirs, w->php[i].path[k]);
	}
	if (r < 0)
		tell_failure(NULL, "", -r);
	watch_dirs_end(&w->dirs, tell_failure, NULL);
}

/* Compare one PHP with how it looked before; its pools follow if it is another one. */
static void look_at(struct manager *m, struct watch_php *p)
{
	struct watch_shot now;
	const char *path = "";
	const char *how;

	if (watch_shot_take(p->path, p->paths, &now) < 0)
		return; /* no memory: at the next event */
	how = watch_shot_diff(&p->shot, &now, &path);
	if (how) {
		p->serial = ++m->watch.last_serial;
		log_notice("watch.changed", F_STR("handler", p->name), F_STR("path", path),
			F_STR("how", how), F_UINT("pools", replace_begin(m, p->name, path)));
	}
	watch_shot_deinit(&p->shot);
	p->shot = now;
}

static void look(struct manager *m)
{
	struct watch *w = &m->watch;

	settle_close(&w->settle);
	watch_all(w);
	for (size_t i = 0; i < w->php_count; i++)
		look_at(m, &w->php[i]);
}

static void arm(struct manager *m)
{
	uint64_t left_ns = settle_left_ns(&m->watch.settle, manager_now(m));
	const struct timeval tv = {
		.tv_sec = (time_t)(left_ns / NS_PER_S),
		.tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US) + 1,
	};

	(void)evtimer_add(&m->watch.timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;

	(void)fd;
	(void)what;
	if (settle_left_ns(&m->watch.settle, manager_now(m)))
		arm(m);
	else
		look(m);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct manager *m = arg;
	bool was_open = m->watch.settle.is_open;

	(void)fd;
	(void)what;
	if (!watch_dirs_read(&m->watch.dirs))
		return;
	settle_note(&m->watch.settle, manager_now(m));
	if (!was_open)
		arm(m);
}

/* --- what is watched ----------------------------------------------------------------------- */

static struct watch_php *find(const struct watch *w, const char *handler)
{
	for (size_t i = 0; i < w->php_count; i++) {
		if (strcmp(w->php[i].name, handler) == 0)
			return &w->php[i];
	}
	return NULL;
}

static int php_init(struct watch_php *p, const struct config_handler *h)
{
	p->path = calloc(h->watch_count + 1, sizeof(p->path[0]));
	p->name = strdup(h->name);
	if (!p->path || !p->name)
		return -ENOMEM;
	for (size_t i = 0; i <= h->watch_count; i++) {
		p->path[i] = strdup(i ? h->watch[i - 1] : h->binary);
		if (!p->path[i])
			return -ENOMEM;
		p->paths++;
	}
	return 0;
}

static bool has_same_paths(const struct watch_php *a, const struct watch_php *b)
{
	if (a->paths != b->paths)
		return false;
	for (size_t i = 0; i < a->paths; i++) {
		if (strcmp(a->path[i], b->path[i]) != 0)
			return false;
	}
	return true;
}

/* What it looked like goes on to count if it is about the same files. */
static int take_over(struct watch *w, struct watch_php *fresh)
{
	struct watch_php *old = find(w, fresh->name);

	fresh->serial = old ? old->serial : ++w->last_serial;
	if (!old || !has_same_paths(old, fresh))
		return watch_shot_take(fresh->path, fresh->paths, &fresh->shot);
	fresh->shot = old->shot;
	old->shot = (struct watch_shot){ .mark = NULL };
	return 0;
}

static int set_php(struct watch *w, const struct config *c)
{
	struct watch_php *fresh = calloc(c->handler_count, sizeof(*fresh));
	int r = fresh ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->handler_count && r == 0; i++)
		r = php_init(&fresh[i], &c->handlers[i]);
	for (size_t i = 0; i < c->handler_count && r == 0; i++)
		r = take_over(w, &fresh[i]);
	if (r < 0) {
		free_all(fresh, fresh ? c->handler_count : 0);
		return r;
	}
	free_all(w->php, w->php_count);
	w->php = fresh;
	w->php_count = c->handler_count;
	return 0;
}

static void switch_on(struct manager *m)
{
	struct watch *w = &m->watch;
	int fd = watch_dirs_open(&w->dirs);

	if (fd < 0 ||
		event_assign(&w->read_event, m->base, fd, EV_READ | EV_PERSIST, on_event, m) < 0 ||
		event_add(&w->read_event, NULL) < 0) {
		int error = fd < 0 ? -fd : ENOMEM;

		watch_dirs_close(&w->dirs);
		if (error != w->error)
			tell_failure(NULL, "inotify", error);
		w->error = error;
		return;
	}
	w->error = 0;
	w->is_on = true;
}

static void switch_off(struct watch *w)
{
	if (!w->is_on)
		return;
	(void)event_del(&w->read_event);
	(void)evtimer_del(&w->timer);
	watch_dirs_close(&w->dirs);
	settle_close(&w->settle);
	/* what changes while nobody looks is not told later */
	free_all(w->php, w->php_count);
	w->php = NULL;
	w->php_count = 0;
	w->is_on = false;
}

void watch_apply(struct manager *m)
{
	struct watch *w = &m->watch;

	if (w->is_on)
		look(m); /* what has changed until now is seen by the old list */
	if (!m->config->has_watch_php)
		switch_off(w);
	else if (!w->is_on)
		switch_on(m);
	if (!w->is_on)
		return;
	if (set_php(w, m->config) < 0)
		tell_failure(NULL, "", ENOMEM);
	watch_all(w);
	log_info("watch.on", F_UINT("handlers", w->php_count),
		F_UINT("directories", watch_dirs_count(&w->dirs)));
}

uint32_t watch_serial(const struct manager *m, const char *handler)
{
	const struct watch_php *p = find(&m->watch, handler);

	return p ? p->serial : 0;
}

int watch_init(struct watch *w, struct manager *m)
{
	w->dirs.fd = -1;
	return evtimer_assign(&w->timer, m->base, on_timer, m) < 0 ? -ENOMEM : 0;
}

void watch_deinit(struct watch *w)
{
	switch_off(w);
}
