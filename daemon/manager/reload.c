/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"

/* The supervisor answers at once, with a configuration or with what is wrong with it. */
#define RELOAD_TIMEOUT_S 5
/* Pools follow in parts of this length: no request waits longer for them. */
#define SWEEP_NS (2 * NS_PER_MS)
/** Of the text that says what is wrong: three fields of a config_problem. */
#define RELOAD_TEXT_MAX 4096U

static void answer_all(struct manager *m, int error, const char *detail)
{
	struct list *lists[] = { &m->greeting, &m->peers };
	char *json = report_reload(error, detail);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct list_node *n, *tmp;

		LIST_FOREACH (lists[i], n, tmp) {
			struct peer *p = LIST_OWNER(n, struct peer, node);

			if (!p->is_reloading)
				continue;
			p->is_reloading = false;
			peer_send_document(p, p->reload_sequence, json, error);
		}
	}
	free(json);
	(void)event_del(&m->reload.timeout);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	answer_all(arg, ETIMEDOUT, "the supervisor does not answer: the old configuration stays");
}

void reload_apply(struct pool *p)
{
	bool is_outdated;

	if (p->config_serial == p->manager->reload.count)
		return;
	is_outdated = pool_apply_config(p);
	if (!list_is_empty(&p->pipes))
		pool_log_follow(p);
	care_look_now(p);
	if (!is_outdated && p->state == POOL_READY)
		idle_arm(p);
	admit_room(p); /* its limit may have been raised */
	if (!is_outdated)
		return;
	p->manager->reload.replaced++;
	lease_retire(p);
	starter_retire(p, "reload");
}

/* Those that are cold follow when somebody asks for them: thousands, and nothing to do. */
static void note_all_running(struct manager *m)
{
	static const enum pool_state states[] = { POOL_STARTING, POOL_READY, POOL_DRAINING };
	struct list_node *n, *tmp;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		LIST_FOREACH (&m->pools.by_state[states[i]], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			list_remove(&p->reload_node); /* of a reload just before */
			list_push_back(&m->reload.todo, &p->reload_node);
		}
	}
}

/*
 * A name may have to be looked up for each pool, and a directory service may be slow: so this is
 * done in parts, with requests served in between. Who is asked for meanwhile follows at once.
 */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { .tv_usec = 0 };
	struct manager *m = arg;
	uint64_t began_ns = clock_now_ns();
	struct list_node *n;

	(void)fd;
	(void)what;
	while ((n = list_pop_front(&m->reload.todo))) {
		reload_apply(LIST_OWNER(n, struct pool, reload_node));
		if (clock_since_ns(began_ns, clock_now_ns()) >= SWEEP_NS) {
			(void)evtimer_add(&m->reload.sweep, &soon);
			return;
		}
	}
	log_notice("config.applied", F_UINT("count", m->reload.count),
		F_UINT("replaced", m->reload.replaced));
}

int reload_init(struct reload *r, struct manager *m)
{
	list_init(&r->todo);
	if (evtimer_assign(&r->timeout, m->base, on_timeout, m) < 0 ||
		evtimer_assign(&r->sweep, m->base, on_sweep, m) < 0)
		return -ENOMEM;
	return 0;
}

void reload_deinit(struct reload *r)
{
	if (event_initialized(&r->timeout))
		(void)event_del(&r->timeout);
	if (event_initialized(&r->sweep))
		(void)event_del(&r->sweep);
}

void reload_request(struct manager *m, struct peer *p, uint32_t sequence)
{
	static const struct timeval timeout = { .tv_sec = RELOAD_TIMEOUT_S };
	const struct priv_message msg = { .type = PRIV_RELOAD_REQUEST };

	p->is_reloading = true;
	p->reload_sequence = sequence;
	(void)evtimer_add(&m->reload.timeout, &timeout);
	(void)supervisor_link_send(&m->link, &msg, NULL); /* a lost link ends the manager */
}

void reload_refused(struct manager *m, int text_fd)
{
	char *text = NULL;
	size_t size;
	int r = fd_read_all(text_fd, RELOAD_TEXT_MAX, &text, &size);

	answer_all(m, EINVAL, r == 0 ? text : "the supervisor refuses it; its log tells why");
	free(text);
}

static int read_config(int fd, struct config **ret_config, char *detail, size_t detail_size)
{
	struct config_problem problem = { .line = 0 };
	char *data = NULL;
	size_t size = 0;
	int r = fd_read_all(fd, CONFIG_MAX_BYTES, &data, &size);

	if (r == 0)
		r = config_parse(data, size, ret_config, &problem);
	free(data);
	if (r == 0)
		return 0;
	if (r > 0)
		(void)snprintf(
			detail, detail_size, "%s:%d: %s", problem.file, problem.line, problem.what);
	else
		(void)snprintf(detail, detail_size, "%s", err_name(r));
	return r > 0 ? EINVAL : -r;
}

/* Whoever asked for the reload is the one who has just written the mistake. */
static void tell_problems(const struct config_problems *list, char *detail, size_t size)
{
	const struct config_problem *first = list->item;

	if (!list->count)
		return;
	(void)snprintf(detail, size,
		"the new configuration is in force, but for %zu mistake%s in pool files: "
		"%s:%d: %s; %s%s",
		list->count, list->count == 1 ? "" : "s", first->file, first->line, first->what,
		first->remedy, list->count == 1 ? "" : " (lsapid -t lists them all)");
}

void reload_take(struct manager *m, int config_fd)
{
	struct priv_message reply = { .type = PRIV_RELOADED };
	struct config *fresh = NULL;
	char detail[1024] = "the new configuration is in force";
	int error = read_config(config_fd, &fresh, detail, sizeof(detail));

	(void)fd_close(config_fd);
	if (error || !fresh) {
		log_error("config.reload", F_ERRNO(error), F_STR("detail", detail));
	} else {
		(void)config_free(m->config);
		m->config = fresh;
		m->reload.count++;
		steer_reloaded(m);
		log_set_limits(&fresh->log_limits);
		m->reload.replaced = 0;
		m->admit.has_news = true;
		starter_next(m);
		if (access_load(&m->access, fresh) < 0)
			log_error("config.reload", F_ERRNO(ENOMEM),
				F_STR("detail", "who may connect"));
		accounts_deinit(&m->accounts); /* names may have changed, too */
		manager_open_cgroups(m);
		log_notice("config.reload", F_UINT("count", m->reload.count),
			F_UINT("pool_files", fresh->pool_file_count),
			F_UINT("problems", fresh->problems.count));
		tell_problems(&fresh->problems, detail, sizeof(detail));
		note_all_running(m);
		watch_apply(m);
		on_sweep(-1, 0, m);
	}
	reply.status = error;
	(void)supervisor_link_send(&m->link, &reply, NULL); /* a lost link ends the manager */
	answer_all(m, error, detail);
}
