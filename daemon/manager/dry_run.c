/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/dry_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/fd.h"
#include "daemon/base/log.h"
#include "daemon/manager/manager.h"
#include "daemon/manager/report.h"
#include "daemon/manager/report_dry_run.h"

#define DRY_RUN_TIMEOUT_S 10
/* Pools are looked at in parts of this length: no request waits longer for them. */
#define SWEEP_NS (2 * NS_PER_MS)
/* All problems that a configuration may have, with texts of the greatest length. */
#define PROBLEMS_MAX_BYTES (CONFIG_MAX_PROBLEMS * 2U * sizeof(struct config_problem))

/* --- the end ------------------------------------------------------------------------------ */

static void forget(struct dry_run *d)
{
	d->is_under_way = false;
	d->fresh = config_free(d->fresh);
	config_problems_deinit(&d->problems);
	free(d->pools);
	d->pools = NULL;
	d->count = d->at = 0;
	json_decref(d->found);
	d->found = NULL;
	for (int i = 0; i < DRY_RUN_FATE_COUNT; i++)
		d->fates[i] = 0;
	(void)event_del(&d->timeout);
	(void)event_del(&d->sweep);
}

static void answer(struct manager *m, int error, const char *detail)
{
	struct dry_run *d = &m->dry_run;
	char *json = report_dry_run(m, error, detail);

	log_info("config.tried", F_ERRNO(error), F_UINT("problems", d->problems.count),
		F_UINT("replaced", d->fates[DRY_RUN_REPLACED]),
		F_UINT("changed", d->fates[DRY_RUN_CHANGED]));
	peer_answer(m, PEER_WAIT_DRY_RUN, d->id, json, error);
	free(json);
	forget(d);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	answer(arg, ETIMEDOUT, "the supervisor does not answer");
}

/* --- one pool ----------------------------------------------------------------------------- */

/* As reload_apply() would find it. Return: the fate; *ret_what, if it is KEPT */
static enum dry_run_fate judge(
	struct pool *p, char *data, struct pool_spec *ret_fresh, const char **ret_what)
{
	const struct pool_parent *parent = &p->parent;
	struct effective unused;

	*ret_what = "its settings grow too large";
	if (pool_complete_spec(p, data, ret_fresh) || effective_read(ret_fresh, &unused, ret_what))
		return DRY_RUN_KEPT;
	*ret_what = NULL;
	if (parent->spawn_id && !parent->is_reading && !parent->is_retiring &&
		pool_settings_hash(p->manager, ret_fresh) != parent->spec_hash)
		return DRY_RUN_REPLACED;
	return DRY_RUN_SAME;
}

/* What a pool has by the configuration in force, with as many children as it has now. */
static bool is_changed(const struct pool_spec *old, const struct pool_spec *fresh)
{
	return old->size != fresh->size || memcmp(old->data, fresh->data, old->size) != 0;
}

/* The functions that a reload uses look at the configuration in force: so it is that, for them. */
static void look(struct manager *m, struct pool *p)
{
	struct dry_run *d = &m->dry_run;
	char data[2][POOL_SPEC_MAX_BYTES];
	struct pool_spec old, fresh = { .size = 0 };
	struct config *kept = m->config;
	struct dry_run_pool found = {
		.pool = p,
		.config = { kept, d->fresh },
		.spec = { &old, &fresh },
	};

	if (pool_complete_spec(p, data[0], &old))
		return; /* it goes on with what it was started with, as it does now */
	m->config = d->fresh;
	found.fate = judge(p, data[1], &fresh, &found.what);
	m->config = kept;
	if (found.fate == DRY_RUN_SAME && is_changed(&old, &fresh))
		found.fate = DRY_RUN_CHANGED;
	d->fates[found.fate]++;
	if (found.fate != DRY_RUN_SAME)
		(void)json_array_append_new(d->found, report_dry_run_pool(&found));
}

/* --- all of them -------------------------------------------------------------------------- */

static void tell(struct manager *m)
{
	const struct dry_run *d = &m->dry_run;
	char detail[160];

	(void)snprintf(detail, sizeof(detail),
		"%zu of %zu running pools would be replaced, %zu would have other settings at once",
		d->fates[DRY_RUN_REPLACED], d->count, d->fates[DRY_RUN_CHANGED]);
	answer(m, 0, detail);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { .tv_usec = 0 };
	struct manager *m = arg;
	struct dry_run *d = &m->dry_run;
	uint64_t began_ns = clock_now_ns();

	(void)fd;
	(void)what;
	while (d->at < d->count) {
		struct pool *p = pool_set_find(&m->pools, d->pools[d->at++]);

		if (p)
			look(m, p);
		if (clock_since_ns(began_ns, clock_now_ns()) >= SWEEP_NS) {
			(void)evtimer_add(&d->sweep, &soon);
			return;
		}
	}
	tell(m);
}

static int collect_running(struct manager *m)
{
	static const enum pool_state states[] = { POOL_STARTING, POOL_READY, POOL_DRAINING };
	const size_t count = sizeof(states) / sizeof(states[0]);
	struct dry_run *d = &m->dry_run;
	struct list_node *n, *tmp;
	size_t most = 1;

	for (size_t i = 0; i < count; i++)
		most += m->pools.by_state[states[i]].count;
	d->pools = calloc(most, sizeof(*d->pools));
	d->found = json_array();
	if (!d->pools || !d->found)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		LIST_FOREACH (&m->pools.by_state[states[i]], n, tmp)
			d->pools[d->count++] = LIST_OWNER(n, struct pool, state_node)->id;
	}
	return 0;
}

/* --- the supervisor's answer -------------------------------------------------------------- */

static int read_problems(struct dry_run *d, int fd)
{
	char *data = NULL;
	size_t size = 0;
	int r = fd_read_all(fd, PROBLEMS_MAX_BYTES, &data, &size);

	if (r == 0 && !config_problems_unpack(data, size, &d->problems))
		r = err_origin(-EPROTO);
	free(data);
	return r;
}

static int read_config(struct dry_run *d, int fd)
{
	struct config_problem problem;
	char *data = NULL;
	size_t size = 0;
	int r = fd_read_all(fd, CONFIG_MAX_BYTES, &data, &size);

	if (r == 0)
		r = config_parse(data, size, &d->fresh, &problem);
	free(data);
	return r > 0 ? err_origin(-EPROTO) : r;
}

bool dry_run_on_tried(struct manager *m, const struct priv_message *msg, const int fds[2])
{
	struct dry_run *d = &m->dry_run;
	int r;

	if (!d->is_under_way || d->fresh)
		return d->id != 0; /* it comes too late, if one was asked for at all */
	(void)event_del(&d->timeout);
	r = read_problems(d, fds[0]);
	if (r == 0 && msg->status) {
		answer(m, EINVAL, "the configuration can not be used: a reload keeps the old one");
		return true;
	}
	if (r == 0)
		r = read_config(d, fds[1]);
	if (r == 0)
		r = collect_running(m);
	if (r < 0)
		answer(m, -r, err_name(r));
	else
		on_sweep(-1, 0, m);
	return true;
}

void dry_run_begin(struct manager *m, struct peer *p, uint32_t sequence)
{
	static const struct timeval timeout = { .tv_sec = DRY_RUN_TIMEOUT_S };
	const struct priv_message msg = { .type = PRIV_TRY };
	struct dry_run *d = &m->dry_run;

	/* who comes while one is under way gets its answer */
	if (d->is_under_way) {
		peer_wait(p, PEER_WAIT_DRY_RUN, d->id, sequence);
		return;
	}
	d->is_under_way = true;
	peer_wait(p, PEER_WAIT_DRY_RUN, ++d->id, sequence);
	(void)evtimer_add(&d->timeout, &timeout);
	(void)supervisor_link_send(&m->link, &msg, NULL); /* a lost link ends the manager */
}

int dry_run_init(struct dry_run *d, struct manager *m)
{
	if (evtimer_assign(&d->timeout, m->base, on_timeout, m) < 0 ||
		evtimer_assign(&d->sweep, m->base, on_sweep, m) < 0)
		return -ENOMEM;
	return 0;
}

void dry_run_deinit(struct dry_run *d)
{
	if (event_initialized(&d->sweep))
		forget(d);
}
