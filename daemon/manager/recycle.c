/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/recycle.h"

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/weight.h"
#include "proto/lease_table.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Said once: it is the same for every child of the host, and no other limit suffers from it. */
static void tell_unreadable(struct manager *m, int r)
{
	if (m->has_told_weight)
		return;
	m->has_told_weight = true;
	log_warn("recycle.blind", F_STR("why", r == WEIGHT_E_HIDDEN ? "hidepid" : err_name(r)),
		F_STR("remedy", "mount /proc without hidepid, or with gid= of the group of "
				"manager_user; or use memory_limit of PHP"));
}

/* Return: is its child larger than it may be? */
static bool is_too_large(struct backend *b, uint64_t *ret_bytes)
{
	struct pool *p = b->pool;
	int r = weight_read((pid_t)backend_child_pid(b), ret_bytes);

	if (r && r != WEIGHT_E_GONE)
		tell_unreadable(p->manager, r);
	log_debug("child.weight", F_POOL(p), F_UINT("pid", backend_child_pid(b)),
		F_UINT("bytes", *ret_bytes));
	return r == 0 && *ret_bytes > p->max_memory;
}

/* Nobody holds it. */
static void leave(struct backend *b)
{
	struct pool *p = b->pool;

	list_remove(&b->node);
	list_remove(&b->spare_node); /* closed, its child would go to the listener */
	list_push_back(&p->care->leaving, &b->node);
	b->leaving_ns = manager_now(p->manager);
	care_wake(p); /* in case that it does not go */
	backend_signal(b, PRIV_SIGNAL_CHILD_TERM);
}

static void begin_end(struct backend *b, uint64_t bytes)
{
	struct pool *p = b->pool;

	p->care->recycled++;
	p->manager->stats.recycled++;
	log_info("child.recycle", F_POOL(p), F_UINT("pid", backend_child_pid(b)),
		F_UINT("bytes", bytes), F_UINT("max_memory", p->max_memory),
		F_UINT("requests", b->requests));
	leave(b);
}

/* A foreign lsphp need not have told who its child is: then that goes back to its listener. */
static void send_away(struct backend *b)
{
	recycle_forget(b);
	if (b->spawn_id && backend_child_pid(b) && b->pool->care)
		leave(b);
	else
		backend_close(b);
}

void recycle_retired(struct backend *b)
{
	/* nobody comes next, and the end is not to wait for anybody */
	if (shutdown_is_under_way(&b->pool->manager->shutdown))
		backend_close(b);
	else
		send_away(b);
}

void recycle_cleared(struct backend *b)
{
	send_away(b);
}

void recycle_surplus(struct backend *b)
{
	log_debug("child.surplus", F_POOL(b->pool), F_UINT("pid", backend_child_pid(b)),
		F_UINT("connections", pool_connections(b->pool)),
		F_UINT("max_connections", b->pool->max_connections));
	send_away(b);
}

/* --- weighing ----------------------------------------------------------------------------- */

uint32_t recycle_wait_ms(const struct pool *p)
{
	if (pool_leaving(p))
		return RECYCLE_WAIT_MS;
	return p->care && p->care->suspects ? RECYCLE_RETURN_MS : 0;
}

void recycle_suspect(struct backend *b)
{
	/* if it is idle by now, its child is weighed after its next request */
	if (b->is_suspect || !lease_ask_for(b))
		return;
	b->is_suspect = true;
	b->pool->care->suspects++;
}

void recycle_forget(struct backend *b)
{
	if (!b->is_suspect)
		return;
	b->is_suspect = false;
	b->pool->care->suspects--;
}

bool recycle_returned(struct backend *b)
{
	const struct pool *p = b->pool;
	uint64_t bytes = 0;

	recycle_forget(b);
	b->weighed_requests = b->requests;
	if (!p->max_memory || !is_too_large(b, &bytes))
		return false;
	begin_end(b, bytes);
	return true;
}

static void weigh(struct backend *b)
{
	uint64_t bytes = 0;

	b->weighed_requests = backend_requests(b);
	if (!is_too_large(b, &bytes))
		return;
	/* it is taken now, or when its request is done; what counts is what that leaves behind */
	if (!b->session || lease_recall(b))
		(void)recycle_returned(b);
	else
		recycle_suspect(b);
}

static bool has_to_be_weighed(const struct backend *b)
{
	return backend_told_pid(b) && !b->is_condemned && !b->is_suspect && !b->is_doubtful &&
	       !b->has_hung_up && b->weigh_round != b->pool->care->weigh_round &&
	       backend_requests(b) != b->weighed_requests;
}

/* Return: false: the batch is full, and some are left for the next turn */
static bool weigh_list(struct list *l, uint32_t *batch)
{
	struct list_node *n, *tmp;

	LIST_FOREACH (l, n, tmp) {
		struct backend *b = LIST_OWNER(n, struct backend, node);

		if (!has_to_be_weighed(b))
			continue;
		if (!*batch)
			return false;
		--*batch;
		b->weigh_round = b->pool->care->weigh_round;
		weigh(b);
	}
	return true;
}

static void weigh_all(struct pool *p, uint64_t now_ns)
{
	uint32_t batch = RECYCLE_BATCH;

	/* those that go over to the unheld meanwhile are in this round already */
	if (!weigh_list(&p->unheld, &batch) || !weigh_list(&p->held, &batch)) {
		p->care->weigh_ns = now_ns;
		return;
	}
	p->care->weigh_round++;
	p->care->weigh_ns = now_ns + RECYCLE_LOOK_NS;
}

/* --- those that leave --------------------------------------------------------------------- */

/* Return: when it has to be looked at again */
static uint64_t look_at_leaving(struct backend *b, uint64_t now_ns)
{
	uint64_t patience_ns = b->is_killed ? RECYCLE_KILL_NS * 2 : RECYCLE_KILL_NS;

	if (now_ns < b->leaving_ns + patience_ns)
		return b->leaving_ns + patience_ns;
	if (b->is_killed) {
		backend_close(b);
		return UINT64_MAX;
	}
	b->is_killed = true;
	log_warn("child.stubborn", F_POOL(b->pool), F_UINT("pid", backend_child_pid(b)));
	backend_signal(b, PRIV_SIGNAL_CHILD_KILL);
	return b->leaving_ns + RECYCLE_KILL_NS * 2;
}

static uint64_t look_at_all_leaving(struct pool *p, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX;
	struct list_node *n, *tmp;

	LIST_FOREACH (&p->care->leaving, n, tmp)
		next_ns = earlier(
			next_ns, look_at_leaving(LIST_OWNER(n, struct backend, node), now_ns));
	return next_ns;
}

static bool has_to_weigh(const struct pool *p)
{
	return p->max_memory && (p->held.count || p->unheld.count);
}

uint64_t recycle_look(struct pool *p, uint64_t now_ns)
{
	uint64_t next_ns = look_at_all_leaving(p, now_ns);

	if (has_to_weigh(p)) {
		if (now_ns >= p->care->weigh_ns)
			weigh_all(p, now_ns);
		next_ns = earlier(next_ns, p->care->weigh_ns);
	}
	admit_room(p); /* a place, or a connection, may have become free */
	return next_ns;
}

uint64_t recycle_next_ns(struct pool *p, uint64_t now_ns)
{
	if (!list_is_empty(&p->care->leaving))
		return now_ns + RECYCLE_KILL_NS;
	if (!has_to_weigh(p))
		return UINT64_MAX;
	/* nothing was there to be weighed for a while */
	if (p->care->weigh_ns + RECYCLE_LOOK_NS < now_ns)
		p->care->weigh_ns = now_ns + RECYCLE_LOOK_NS;
	return p->care->weigh_ns;
}
