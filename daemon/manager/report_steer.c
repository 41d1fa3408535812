/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report_steer.h"

#include <errno.h>

#include "daemon/base/err.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

static const char *const states[] = {
	[STEER_WAITING] = "waiting",
	[STEER_UNDER_WAY] = "under way",
	[STEER_DONE] = "done",
	[STEER_FAILED] = "failed",
};

static void set(json_t *o, const char *key, json_t *value)
{
	(void)json_object_set_new(o, key, value);
}

static json_t *item_part(struct manager *m, const struct steer_item *item)
{
	const struct pool *p = item->pool ? pool_set_find(&m->pools, item->pool) : NULL;
	json_t *o = json_object();

	report_set_uint(o, "id", item->pool);
	report_set_text(o, "name", item->name);
	report_set_uint(o, "uid", item->uid);
	report_set_text(o, "user", accounts_name(&m->accounts, item->uid));
	report_set_text(o, "progress", states[item->state]);
	report_set_text(o, "did", item->did);
	report_set_text(o, "state", p ? pool_state_name(p->state) : "");
	set(o, "is_stopped", json_boolean(p && p->is_stopped));
	report_set_uint(o, "old_pid", (uint64_t)item->old_pid);
	report_set_uint(o, "pid", (uint64_t)(p ? p->parent.pid : 0));
	report_set_uint(o, "running", p ? steer_deed_running(p, item) : 0);
	report_set_text(o, "reason", item->reason);
	report_set_text(o, "detail", item->problem);
	return o;
}

char *report_order(struct manager *m, const struct steer_order *order, int error)
{
	json_t *o = json_object(), *pools = json_array();
	size_t counts[] = { 0, 0, 0, 0 };

	for (size_t i = 0; i < order->count; i++) {
		counts[order->items[i].state]++;
		(void)json_array_append_new(pools, item_part(m, &order->items[i]));
	}
	report_set_text(o, "action", steer_action_name(order->action));
	report_set_uint(o, "order", order->id);
	set(o, "is_done", json_boolean(!order->left && !counts[STEER_FAILED]));
	report_set_text(o, "errno", error ? err_name(error) : "");
	report_set_uint(o, "matched", order->count);
	report_set_uint(o, "done", counts[STEER_DONE]);
	report_set_uint(o, "failed", counts[STEER_FAILED]);
	report_set_uint(o, "left", order->left);
	set(o, "pools", pools);
	return report_dump(o);
}

char *report_log_level(const struct manager *m)
{
	json_t *o = json_object();

	report_set_text(o, "level", log_level_name(m->steer.log_level));
	report_set_text(o, "configured", log_level_name(m->config->log_level));
	set(o, "is_set", json_boolean(m->steer.has_log_level));
	return report_dump(o);
}

json_t *report_stopped(struct manager *m)
{
	json_t *a = json_array();
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->steer.stopped.marks, n, tmp) {
		const struct stopped_mark *k = LIST_OWNER(n, struct stopped_mark, node);
		json_t *o = json_object();

		report_set_uint(o, "uid", k->uid);
		report_set_text(o, "user", accounts_name(&m->accounts, k->uid));
		set(o, "name", k->name ? report_text(k->name) : json_null());
		(void)json_array_append_new(a, o);
	}
	return a;
}
