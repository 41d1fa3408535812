/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"

/* The supervisor answers at once, with a configuration or with what is wrong with it. */
#define RELOAD_TIMEOUT_S 5
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

int reload_init(struct reload *r, struct manager *m)
{
	return evtimer_assign(&r->timeout, m->base, on_timeout, m) < 0 ? -ENOMEM : 0;
}

void reload_deinit(struct reload *r)
{
	if (event_initialized(&r->timeout))
		(void)event_del(&r->timeout);
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

static void apply_to_pools(struct manager *m)
{
	struct list_node *n, *tmp;

	/* retiring moves pools from list to list: first look at all, then act */
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			p->is_outdated = pool_apply_config(p);
		}
	}
	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (p->state == POOL_READY && !p->is_outdated)
				idle_arm(p);
			if (!p->is_outdated)
				continue;
			p->is_outdated = false;
			(void)lease_drop_idle(p);
			starter_retire(p, "reload");
		}
	}
}

void reload_take(struct manager *m, int config_fd)
{
	struct priv_message reply = { .type = PRIV_RELOADED };
	struct config *fresh = NULL;
	char detail[768] = "the new configuration is in force";
	int error = read_config(config_fd, &fresh, detail, sizeof(detail));

	(void)fd_close(config_fd);
	if (error || !fresh) {
		log_error("config.reload", F_ERRNO(error), F_STR("detail", detail));
	} else {
		(void)config_free(m->config);
		m->config = fresh;
		m->reload.count++;
		log_set_level(fresh->log_level);
		apply_to_pools(m);
		log_notice("config.reload", F_UINT("count", m->reload.count));
	}
	reply.status = error;
	(void)supervisor_link_send(&m->link, &reply, NULL); /* a lost link ends the manager */
	answer_all(m, error, detail);
}
