/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/steer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"
#include "daemon/manager/report_steer.h"
#include "daemon/manager/steer_target.h"

/* No event tells that the last connection to an old parent has gone. */
#define TICK_MS 50
/* Between two documents to who wants to know how far it is. */
#define PROGRESS_NS (2U * NS_PER_S)

static const char *const action_names[] = {
	[CONTROL_STEER_DRAIN] = "drain",
	[CONTROL_STEER_RESTART] = "restart",
	[CONTROL_STEER_STOP] = "stop",
	[CONTROL_STEER_KILL] = "kill",
	[CONTROL_STEER_WARM] = "warm",
	[CONTROL_STEER_LOG_LEVEL] = "log-level",
	[CONTROL_STEER_TRY] = "reload --dry-run",
};

_Static_assert(sizeof(action_names) / sizeof(action_names[0]) == CONTROL_STEER_ACTION_COUNT,
	"one per action");

const char *steer_action_name(enum control_steer_action action)
{
	return action < CONTROL_STEER_ACTION_COUNT ? action_names[action] : "?";
}

static struct steer_order *order_of(struct list_node *n)
{
	return LIST_OWNER(n, struct steer_order, node);
}

static bool is_start(const struct steer_order *o)
{
	return o->action == CONTROL_STEER_RESTART || o->action == CONTROL_STEER_WARM;
}

/* --- answers ------------------------------------------------------------------------------ */

static int status_of(const struct steer_order *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (o->items[i].state == STEER_FAILED)
			return EIO;
	}
	return 0;
}

static void answer(struct manager *m, const struct steer_order *o, int error)
{
	char *json = report_order(m, o, error);

	peer_answer(m, PEER_WAIT_ORDER, o->id, json, error);
	free(json);
}

static void finish(struct manager *m, struct steer_order *o)
{
	int error = status_of(o);

	log_notice("steer.end", F_UINT("order", o->id), F_STR("action", action_names[o->action]),
		F_UINT("pools", o->count), F_STR("outcome", error ? "some have failed" : "done"),
		F_UINT("took_ms", clock_since_ns(o->since_ns, manager_now(m)) / NS_PER_MS));
	answer(m, o, error);
}

static void tell_progress(struct manager *m, struct steer_order *o)
{
	uint64_t now = manager_now(m);

	if (o->progress_ns == UINT64_MAX || clock_since_ns(o->progress_ns, now) < PROGRESS_NS)
		return;
	o->progress_ns = now;
	answer(m, o, EINPROGRESS);
}

/* --- what is done ------------------------------------------------------------------------- */

static struct pool *pool_of(struct manager *m, const struct steer_item *item)
{
	return item->pool ? pool_set_find(&m->pools, item->pool) : NULL;
}

/* Of those that have begun, who is still on the way to serve or, if it is no start, to its end? */
static size_t count_busy(const struct steer_order *o)
{
	size_t count = 0;

	for (size_t i = 0; i < o->begun; i++)
		count += o->items[i].state == STEER_UNDER_WAY && !o->items[i].is_up;
	return count;
}

static void begin_more(struct manager *m, struct steer_order *o)
{
	size_t width = is_start(o) ? m->config->max_concurrent_starts : SIZE_MAX;
	size_t busy = count_busy(o);

	while (o->begun < o->count && busy < width) {
		struct steer_item *item = &o->items[o->begun++];
		struct pool *p = pool_of(m, item);

		if (item->state == STEER_WAITING && p)
			steer_deed_begin(p, item, o->action);
		else if (item->state == STEER_WAITING)
			steer_deed_fail(item, "gone", "it is no longer known");
		if (item->state == STEER_UNDER_WAY)
			busy++;
		else
			o->left--;
	}
}

static void look(struct manager *m, struct steer_order *o)
{
	begin_more(m, o);
	for (size_t i = 0; i < o->begun; i++) {
		struct steer_item *item = &o->items[i];

		if (item->state != STEER_UNDER_WAY)
			continue;
		steer_deed_look(pool_of(m, item), item, o->action);
		o->left -= item->state != STEER_UNDER_WAY;
	}
}

/* Is there anything left that would not happen without us? */
static bool has_duty(const struct steer_order *o)
{
	return is_start(o) && (o->begun < o->count || count_busy(o));
}

/* Return: true: it is over */
static bool look_after(struct manager *m, struct steer_order *o)
{
	look(m, o);
	if (!o->left) {
		finish(m, o);
		return true;
	}
	if (!peer_is_waiting(m, PEER_WAIT_ORDER, o->id))
		return !has_duty(o);
	if (!o->until_ns)
		answer(m, o, status_of(o));
	else if (manager_now(m) >= o->until_ns)
		answer(m, o, ETIMEDOUT);
	else
		tell_progress(m, o);
	return false;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval later = { .tv_usec = TICK_MS * 1000 };
	struct manager *m = arg;
	struct list_node *n, *tmp;

	(void)fd;
	(void)what;
	LIST_FOREACH (&m->steer.orders, n, tmp) {
		struct steer_order *o = order_of(n);

		if (look_after(m, o))
			steer_order_free(o);
	}
	if (!list_is_empty(&m->steer.orders))
		(void)evtimer_add(&m->steer.tick, &later);
}

/* --- the beginning ------------------------------------------------------------------------ */

static void refuse(struct peer *p, uint32_t sequence, int error, const char *detail)
{
	char *json = report_refused(detail);

	peer_send_document(p, sequence, json, error);
	free(json);
}

static void log_begin(
	const struct steer_order *o, const struct peer *p, const struct control_steer *msg)
{
	static const char *const kinds[] = {
		[CONTROL_STEER_NOBODY] = "nobody",
		[CONTROL_STEER_POOL] = "pool",
		[CONTROL_STEER_USER] = "user",
		[CONTROL_STEER_ALL] = "all",
	};
	char text[CONTROL_MAX_NAME + 1] = "";

	if (msg->text.size)
		memcpy(text, msg->text.data, msg->text.size);
	log_notice("steer.begin", F_UINT("order", o->id), F_STR("action", action_names[o->action]),
		F_STR("kind", kinds[msg->kind]), F_STR("target", text), F_UINT("pools", o->count),
		F_UINT("by_uid", p->uid), F_INT("by_pid", p->pid));
}

/* A stop of a user holds for sites that nobody has visited yet. */
static bool is_for_nobody(const struct steer_order *o, const struct steer_target *t)
{
	return !o->count && !(o->action == CONTROL_STEER_STOP && t->kind == STEER_TARGET_USER);
}

void steer_begin(struct manager *m, struct peer *p, uint32_t sequence,
	const struct control_steer *msg, const struct steer_target *target)
{
	struct steer *s = &m->steer;
	struct steer_order *o;
	int r;

	if (shutdown_is_under_way(&m->shutdown)) {
		refuse(p, sequence, ESHUTDOWN, "lsapid is stopping: all PHP ends");
		return;
	}
	if (s->orders.count >= STEER_MAX_ORDERS) {
		refuse(p, sequence, EBUSY, "too many orders are under way: wait for their end");
		return;
	}
	o = calloc(1, sizeof(*o));
	if (!o) {
		refuse(p, sequence, ENOMEM, err_name(ENOMEM));
		return;
	}
	o->action = (enum control_steer_action)msg->action;
	o->since_ns = manager_now(m);
	o->until_ns = msg->wait_ms ? o->since_ns + msg->wait_ms * NS_PER_MS : 0;
	o->progress_ns = msg->flags & CONTROL_STEER_PROGRESS ? o->since_ns : UINT64_MAX;
	r = steer_order_prepare(m, o, target);
	if (r < 0 || is_for_nobody(o, target)) {
		refuse(p, sequence, r < 0 ? -r : ENOENT,
			r < 0 ? err_name(r)
			      : "no pool that is known has this number, name or user");
		steer_order_free(o);
		return;
	}
	o->id = ++s->last_id;
	o->left = o->count;
	list_push_back(&s->orders, &o->node);
	log_begin(o, p, msg);
	peer_wait(p, PEER_WAIT_ORDER, o->id, sequence);
	on_tick(-1, 0, m);
}

/* --- the level of the log ----------------------------------------------------------------- */

void steer_log_level(struct manager *m, struct peer *p, uint32_t sequence, const char *text)
{
	struct steer *s = &m->steer;
	enum log_level level = LOG_LEVEL_INFO;
	char *json;

	if (*text && !log_level_parse(text, &level)) {
		refuse(p, sequence, EINVAL, "a level is one of error, warn, notice, info, debug");
		return;
	}
	if (*text) {
		const struct priv_message msg = {
			.type = PRIV_LOG_LEVEL,
			.status = (int32_t)level,
		};

		/* first: the line is for those who wonder about the others, or about their lack */
		log_notice("log.level", F_STR("level", text), F_UINT("by_uid", p->uid),
			F_INT("by_pid", p->pid));
		s->log_level = level;
		s->has_log_level = true;
		log_set_level(level);
		(void)supervisor_link_send(&m->link, &msg, NULL); /* a lost link ends the manager */
	}
	json = report_log_level(m);
	peer_send_document(p, sequence, json, 0);
	free(json);
}

void steer_reloaded(struct manager *m)
{
	m->steer.log_level = m->config->log_level;
	m->steer.has_log_level = false;
	log_set_level(m->config->log_level);
}

/* --- all of it ---------------------------------------------------------------------------- */

int steer_init(struct steer *s, struct manager *m)
{
	s->log_level = m->config->log_level;
	list_init(&s->orders);
	stopped_init(&s->stopped);
	stopped_load(&s->stopped);
	return evtimer_assign(&s->tick, m->base, on_tick, m) < 0 ? -ENOMEM : 0;
}

void steer_deinit(struct steer *s)
{
	struct list_node *n;

	if (!event_initialized(&s->tick))
		return;
	(void)event_del(&s->tick);
	while ((n = list_first(&s->orders)))
		steer_order_free(order_of(n));
	stopped_deinit(&s->stopped);
}
