/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"

static struct explain *explain_free(struct explain *e)
{
	if (!e)
		return NULL;
	list_remove(&e->node);
	(void)pool_free(e->pool);
	free(e);
	return NULL;
}

void explain_end_all(struct manager *m)
{
	struct list_node *n;

	while ((n = list_pop_front(&m->explains)))
		(void)explain_free(LIST_OWNER(n, struct explain, node));
}

static struct explain *explain_find(struct manager *m, uint64_t id)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (&m->explains, n, tmp) {
		struct explain *e = LIST_OWNER(n, struct explain, node);

		if (e->id == id)
			return e;
	}
	return NULL;
}

/* Return: 0; -errno */
static int judge(struct explain *e)
{
	const struct priv_message msg = { .type = PRIV_JUDGE, .id = e->id };
	struct fdpass_set fds = FDPASS_SET_EMPTY;
	char data[POOL_SPEC_MAX_BYTES];
	struct pool_spec spec;
	int r;

	if (pool_complete_spec(e->pool, data, &spec))
		return err_origin(-E2BIG);
	fds.fd[0] = fd_memfd("lsapid-spec", spec.data, spec.size);
	if (fds.fd[0] < 0)
		return fds.fd[0];
	fds.count = 1;
	r = supervisor_link_send(&e->pool->manager->link, &msg, &fds);
	fdpass_close(&fds);
	return r;
}

/* The supervisor answers each of them once: whoever waits is told, and it is over. */
static void answer(struct explain *e, const struct priv_message *verdict, int error)
{
	struct manager *m = e->pool->manager;
	char *json = error ? report_refused(err_name(error)) : report_show(m, e, verdict);

	peer_answer(m, PEER_WAIT_EXPLAIN, e->id, json, -error);
	free(json);
	(void)explain_free(e);
}

int explain_begin(struct peer *peer, uint32_t sequence, const struct pool_spec *spec,
	const struct pool *known, const char **ret_what)
{
	struct manager *m = peer->manager;
	struct explain *e;
	int r;

	if (m->explains.count >= EXPLAIN_MAX)
		return -EBUSY;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	r = pool_new(m, 0, spec, &e->pool, ret_what);
	if (r) {
		free(e);
		return r;
	}
	e->id = ++m->starter.last_spawn; /* as a start has: no other message is mistaken for ours */
	e->pool->parent.spawn_id = e->id;
	e->pool_id = known ? known->id : 0;
	list_push_back(&m->explains, &e->node);
	r = own_file_is_wanted(e->pool) ? own_file_ask(e->pool) : judge(e);
	if (r < 0)
		(void)explain_free(e);
	else
		peer_wait(peer, PEER_WAIT_EXPLAIN, e->id, sequence);
	return r;
}

bool explain_on_user_file(struct manager *m, const struct priv_message *msg, int fd)
{
	struct explain *e = explain_find(m, msg->id);
	int r;

	if (!e)
		return false;
	own_file_take(e->pool, (enum priv_user_file)msg->status, fd);
	r = judge(e);
	if (r < 0)
		answer(e, NULL, r);
	return true;
}

bool explain_on_judged(struct manager *m, const struct priv_message *msg)
{
	struct explain *e = explain_find(m, msg->id);

	if (!e)
		return false;
	answer(e, msg, 0);
	return true;
}
