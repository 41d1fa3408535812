/* SPDX-License-Identifier: Apache-2.0 */

/* SHOW: what a pool works by, or would. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/err.h"
#include "daemon/base/name_pattern.h"
#include "daemon/base/str.h"
#include "daemon/config/config_table.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/ops.h"
#include "daemon/manager/report.h"

/** Which pool, or whose site. */
struct wanted {
	const char
		*pool; /* its number, its name or a pattern of names; NULL: the rest says whose */
	const char *user;
	uid_t uid;
	gid_t gid;
	const char *name;    /* of the virtual host; NULL: a pool of the account */
	const char *handler; /* NULL: any */
	const char *docroot; /* NULL: not said */
	uint64_t number;
	bool is_number;
};

static bool is_wanted(const struct wanted *w, const struct pool *p)
{
	const char *scope = pool_spec_get(&p->spec, SPEC_SCOPE);
	bool is_account = scope && strcmp(scope, "user") == 0;

	if (w->pool)
		return w->is_number ? p->id == w->number : name_pattern_matches(w->pool, p->name);
	if (p->uid != w->uid || (w->handler && strcmp(p->handler, w->handler) != 0))
		return false;
	return w->name ? !is_account && strcasecmp(p->name, w->name) == 0 : is_account;
}

/* Return: how many there are; *ret_first is one of them */
static size_t find_pools(struct manager *m, const struct wanted *w, const struct pool **ret_first)
{
	struct list_node *n, *tmp;
	size_t count = 0;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *p = LIST_OWNER(n, struct pool, state_node);

			if (!is_wanted(w, p))
				continue;
			*ret_first = p;
			count++;
		}
	}
	return count;
}

static void refuse(struct peer *p, uint32_t sequence, int error, const char *detail)
{
	char *json = report_refused(detail);

	peer_send_document(p, sequence, json, error);
	free(json);
}

static void begin(
	struct peer *p, uint32_t sequence, const struct pool_spec *spec, const struct pool *known)
{
	char detail[128];
	const char *what = "";
	int r = explain_begin(p, sequence, spec, known, &what);

	if (r < 0) {
		refuse(p, sequence, -r,
			r == -EBUSY ? "too many are asked for at once: try again" : err_name(r));
		return;
	}
	if (r == 0)
		return;
	(void)snprintf(
		detail, sizeof(detail), "no pool can work by this: %s is missing, or none", what);
	refuse(p, sequence, EINVAL, detail);
}

/* Several have the name: which of them, is for the administrator to say. */
static void list_pools(struct peer *p, uint32_t sequence, const struct wanted *w)
{
	struct manager *m = p->manager;
	struct list_node *n, *tmp;
	struct report_list *list = report_list_new();
	char *json;

	for (int i = 0; i < POOL_STATE_COUNT; i++) {
		LIST_FOREACH (&m->pools.by_state[i], n, tmp) {
			const struct pool *pool = LIST_OWNER(n, struct pool, state_node);

			if (is_wanted(w, pool))
				report_list_add(list, m, pool);
		}
	}
	json = report_list_end(list);
	peer_send_document(p, sequence, json, ENOTUNIQ);
	free(json);
}

/* A site that Apache has not asked for: as it would, with what was said. */
static void begin_unknown(struct peer *p, uint32_t sequence, const struct wanted *w)
{
	char data[POOL_SPEC_MAX_BYTES], text[POOL_SPEC_MAX_BYTES];
	struct pool_spec_builder b;
	struct pool_spec spec;

	pool_spec_builder_init(&b, data, sizeof(data));
	pool_spec_add_uint(&b, SPEC_UID, w->uid);
	pool_spec_add_uint(&b, SPEC_GID, w->gid);
	pool_spec_add(&b, SPEC_SCOPE, w->name ? "vhost" : "user");
	pool_spec_add(&b, SPEC_HANDLER, w->handler ? w->handler : CONFIG_DEFAULT_HANDLER);
	if (w->name)
		pool_spec_add(&b, SPEC_NAME, w->name);
	if (w->docroot)
		pool_spec_add(&b, SPEC_DOCROOT, w->docroot);
	if (pool_spec_finish(&b, text, sizeof(text), &spec))
		refuse(p, sequence, EINVAL, "a name that is too long, or none");
	else
		begin(p, sequence, &spec, NULL);
}

static void show(struct peer *p, uint32_t sequence, struct wanted *w)
{
	const struct pool *found = NULL;
	size_t count;

	if (w->pool)
		w->is_number = str_parse_uint(w->pool, 1, UINT32_MAX, &w->number);
	else if (!accounts_find_user(w->user, &w->uid, &w->gid)) {
		refuse(p, sequence, ENOENT, "there is no such user");
		return;
	}
	count = find_pools(p->manager, w, &found);
	if (count > 1)
		list_pools(p, sequence, w);
	else if (found)
		begin(p, sequence, &found->spec, found);
	else if (w->pool)
		refuse(p, sequence, ENOENT, "no pool has this number or name");
	else
		begin_unknown(p, sequence, w);
}

bool ops_show(struct peer *p, uint32_t sequence, const uint8_t *data, size_t size)
{
	struct control_show msg;
	struct pool_spec query;
	struct wanted w;

	if (control_decode_show(data, size, &msg) ||
		pool_spec_parse(msg.query.data, msg.query.size, &query))
		return false;
	w = (struct wanted){
		.pool = pool_spec_get(&query, CONTROL_SHOW_POOL),
		.user = pool_spec_get(&query, CONTROL_SHOW_USER),
		.name = pool_spec_get(&query, SPEC_NAME),
		.handler = pool_spec_get(&query, SPEC_HANDLER),
		.docroot = pool_spec_get(&query, SPEC_DOCROOT),
	};
	if (!w.pool == !w.user)
		return false;
	show(p, sequence, &w);
	return true;
}
