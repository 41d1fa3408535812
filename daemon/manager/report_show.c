/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/err.h"
#include "daemon/config/config_children.h"
#include "daemon/config/config_show.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report_part.h"

static json_t *settings_part(struct manager *m, const struct pool *copy)
{
	const struct config_account account = config_account_read(m->cgroup_fd, copy->uid);
	const struct config_shown shown = {
		.config = m->config,
		.pool = pool_find_file(m, &copy->spec),
		.own = own_file_section(copy),
		.spec = &copy->spec,
		.account = &account,
	};
	char *data = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&data, &size);
	json_t *o = NULL;

	if (!f)
		return NULL;
	(void)fputc('{', f);
	config_show(&shown, f);
	(void)fputc('}', f);
	if (fclose(f) == 0)
		o = json_loads(data, 0, NULL);
	free(data);
	return o;
}

static json_t *user_file_part(struct pool *copy)
{
	const struct own_file *f = copy->own_file;
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_wanted", json_boolean(own_file_is_wanted(copy)));
	(void)json_object_set_new(o, "path", report_text(f && f->config ? f->path : ""));
	(void)json_object_set_new(o, "problem", report_text(f ? f->problem : ""));
	return o;
}

static json_t *start_part(const struct priv_message *v)
{
	enum reason reason = (enum reason)v->reason;
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_refused", json_boolean(reason != REASON_NONE));
	if (reason == REASON_NONE)
		return o;
	(void)json_object_set_new(o, "reason", json_string(reason_name(reason)));
	(void)json_object_set_new(o, "text", json_string(reason_text(reason)));
	(void)json_object_set_new(o, "step", json_string(priv_step_name(v->step)));
	(void)json_object_set_new(o, "detail", report_text(v->text));
	(void)json_object_set_new(o, "error", json_string(v->error ? err_name(v->error) : ""));
	(void)json_object_set_new(o, "remedy", json_string(reason_remedy(reason)));
	return o;
}

/* The manager's working directory is that of the sockets. */
static json_t *socket_part(const struct pool *p)
{
	char path[PATH_MAX], dir[PATH_MAX];

	if (!p || p->listen_fd < 0 || !getcwd(dir, sizeof(dir)) ||
		snprintf(path, sizeof(path), "%s/%u.sock", dir, p->id) >= (int)sizeof(path))
		return json_string("");
	return report_text(path);
}

static json_t *image_part(const struct pool *p)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "is_frozen", json_boolean(p && p->parent.is_frozen));
	(void)json_object_set_new(o, "is_thawed", json_boolean(p && p->parent.is_thawed));
	(void)json_object_set_new(
		o, "bytes", json_integer(p && p->freeze ? (json_int_t)p->freeze->bytes : 0));
	(void)json_object_set_new(
		o, "why_not", report_text(p ? freeze_why_text(freeze_why(p)) : ""));
	return o;
}

static void set_identity(json_t *o, struct manager *m, const struct pool *p)
{
	(void)json_object_set_new(o, "name", report_text(p->name));
	(void)json_object_set_new(o, "user", report_text(accounts_name(&m->accounts, p->uid)));
	(void)json_object_set_new(o, "uid", json_integer(p->uid));
	(void)json_object_set_new(o, "gid", json_integer(p->gid));
}

char *report_show(struct manager *m, const struct explain *e, const struct priv_message *verdict)
{
	const struct pool *p = e->pool_id ? pool_set_find(&m->pools, e->pool_id) : NULL;
	json_t *o = json_object(), *settings = settings_part(m, e->pool);
	char *out;

	(void)json_object_set_new(o, "is_running", json_true());
	(void)json_object_set_new(o, "is_known", json_boolean(p != NULL));
	(void)json_object_set_new(o, "id", json_integer(p ? p->id : 0));
	set_identity(o, m, e->pool);
	(void)json_object_set_new(o, "state", report_text(p ? pool_state_name(p->state) : ""));
	(void)json_object_set_new(o, "config_file", report_text(m->config->file));
	(void)json_object_set_new(o, "start", start_part(verdict));
	(void)json_object_set_new(o, "user_file", user_file_part(e->pool));
	(void)json_object_set_new(o, "socket", socket_part(p));
	(void)json_object_set_new(o, "image", image_part(p));
	(void)json_object_update(o, settings);
	json_decref(settings);
	out = settings ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return out;
}

/* --- several ------------------------------------------------------------------------------ */

struct report_list {
	json_t *pools;
};

struct report_list *report_list_new(void)
{
	struct report_list *l = calloc(1, sizeof(*l));

	if (l)
		l->pools = json_array();
	return l;
}

void report_list_add(struct report_list *l, struct manager *m, const struct pool *p)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "id", json_integer(p->id));
	set_identity(o, m, p);
	(void)json_object_set_new(o, "handler", report_text(p->handler));
	(void)json_array_append_new(l ? l->pools : NULL, o);
}

char *report_list_end(struct report_list *l)
{
	json_t *o = json_object();
	char *out = NULL;

	if (l) {
		(void)json_object_set_new(o, "pools", l->pools);
		out = json_dumps(o, JSON_COMPACT);
	}
	json_decref(o);
	free(l);
	return out;
}
