/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "tests/support/sim_io.h"
#include "tests/support/t.h"

/* Some pools see most of the requests, as on every host; which ones changes. */
#define HOT_POOLS    48U
#define HOT_FOR      20000U
#define RELOAD_EVERY 15000U
#define STEER_EVERY  3001U

_Noreturn void sim_fail(const struct sim *s, const char *what)
{
	fail_msg("%s: LSAPID_SIM_SEED=%llu, event %llu", what, (unsigned long long)s->seed,
		(unsigned long long)s->event);
	abort();
}

uint64_t sim_random(struct sim *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (s->random >> 11) % below;
}

static bool chance(struct sim *s, unsigned per_thousand)
{
	return sim_random(s, 1000) < per_thousand;
}

/* --- what the manager says ---------------------------------------------------------------- */

struct sim_ask *sim_find_ask(struct sim *s, uint32_t sequence)
{
	struct sim_ask *a = map_find(&s->asks, sequence);

	if (!a)
		sim_fail(s, "an answer to nobody, or a second one");
	return a;
}

void sim_forget_ask(struct sim *s, struct sim_ask *a)
{
	list_remove(&a->of_pool);
	list_remove(&a->of_session);
	heap_remove(&s->due, &a->due);
	if (list_is_empty(&a->pool->asks))
		list_remove(&a->pool->waits);
	map_remove(&s->asks, a->sequence, a);
	free(a);
}

static struct session *session_of(struct sim *s, const struct sim_lease *l)
{
	struct sim_session *at = &s->session[l->session];

	return at->epoch == l->epoch ? at->peer.session : NULL;
}

/* Return: false: the manager has taken it, or its session is gone */
static bool is_there(struct sim *s, const struct sim_lease *l)
{
	struct session *at = session_of(s, l);

	return at && session_find(at, l->slot, l->generation);
}

static void keep(struct sim *s, struct sim_leases *set, struct sim_lease l)
{
	size_t kept = 0;

	for (size_t i = 0; set->count == SIM_LEASES && i < SIM_LEASES; i++) {
		if (is_there(s, &set->item[i]))
			set->item[kept++] = set->item[i];
		if (i == SIM_LEASES - 1)
			set->count = kept;
	}
	if (set->count == SIM_LEASES)
		sim_fail(s, "more leases than there can be");
	set->item[set->count++] = l;
}

static void on_granted(void *context, uint32_t sequence, uint32_t slot, uint64_t generation)
{
	struct sim *s = context;
	struct sim_ask *a = sim_find_ask(s, sequence);

	sim_check_grant(s, a);
	keep(s, &s->busy,
		(struct sim_lease){
			.session = a->session,
			.epoch = s->session[a->session].epoch,
			.slot = slot,
			.generation = generation,
			.pool = a->pool->pool,
		});
	sim_forget_ask(s, a);
}

static void on_refused(void *context, uint32_t sequence, enum reason reason)
{
	struct sim *s = context;

	(void)reason;
	s->counts[SIM_REFUSED]++;
	sim_forget_ask(s, sim_find_ask(s, sequence));
}

static void on_queued(void *context, uint32_t sequence, uint32_t wait_ms)
{
	struct sim *s = context;
	struct sim_ask *a = sim_find_ask(s, sequence);

	a->is_queued = true;
	a->until_ns = s->manager.now_ns + wait_ms * NS_PER_MS;
	list_push_back(&a->pool->asks, &a->of_pool);
	heap_insert(&s->due, &a->due);
	if (!a->pool->waits.list)
		list_push_back(&s->waiting, &a->pool->waits);
	sim_check_queued(s, a);
}

static struct sim_parent *find_parent(struct sim *s, uint64_t id)
{
	for (size_t i = 0; i < s->parent_count; i++) {
		if (s->parent[i].id == id)
			return &s->parent[i];
	}
	return NULL;
}

static void on_sent(void *context, const struct priv_message *msg)
{
	struct sim *s = context;
	struct sim_parent *p;

	if (msg->type == PRIV_SPAWN) {
		sim_check_spawn(s, msg->id);
		s->parent[s->parent_count++] = (struct sim_parent){ .id = msg->id };
		return;
	}
	if (msg->signal == PRIV_SIGNAL_CHILD_KILL)
		return; /* its holder sees it end */
	p = find_parent(s, msg->id);
	if (!p)
		sim_fail(s, "a signal to nobody");
	if (msg->signal == PRIV_SIGNAL_RETIRE)
		sim_check_retire(s, msg->id);
	p->is_told = true;
}

static void on_grows(void *context, struct pool *p)
{
	sim_check_growth(context, p);
}

static void on_closes(void *context, const struct backend *b)
{
	sim_check_close(context, b);
}

static bool on_happens(void *context, const char *what)
{
	struct sim *s = context;

	return chance(s, strcmp(what, "backlog") == 0 ? 500 : 3);
}

void sim_listen(struct sim *s)
{
	*sim_io() = (struct sim_io){
		.manager = &s->manager,
		.timers = sim_io()->timers,
		.context = s,
		.granted = on_granted,
		.queued = on_queued,
		.refused = on_refused,
		.grows = on_grows,
		.closes = on_closes,
		.sent = on_sent,
		.happens = on_happens,
	};
}

/* --- what Apache does --------------------------------------------------------------------- */

static struct sim_pool *choose_pool(struct sim *s)
{
	uint64_t first = s->event / HOT_FOR * 7919U;

	if (chance(s, 960))
		return &s->pool[(first + sim_random(s, HOT_POOLS) * 61) % SIM_POOLS];
	return &s->pool[sim_random(s, SIM_POOLS)];
}

static bool pick(struct sim *s, struct sim_leases *set, struct sim_lease *ret)
{
	while (set->count) {
		size_t i = sim_random(s, set->count);

		*ret = set->item[i];
		set->item[i] = set->item[--set->count];
		if (is_there(s, ret))
			return true;
	}
	return false;
}

/* As a shim does: a kept lease of the pool costs no message. */
static bool take_kept(struct sim *s, uint32_t session, const struct pool *p)
{
	for (int i = 0; i < 8 && s->idle.count; i++) {
		struct sim_lease *l = &s->idle.item[sim_random(s, s->idle.count)];
		struct sim_lease taken = *l;

		if (l->pool != p || l->session != session)
			continue;
		*l = s->idle.item[--s->idle.count];
		if (!is_there(s, &taken) ||
			!lease_take(&session_of(s, &taken)->table->slot[taken.slot],
				taken.generation, s->manager.now_ns))
			continue;
		keep(s, &s->busy, taken);
		return true;
	}
	return false;
}

static void arrive(struct sim *s)
{
	struct sim_pool *at = choose_pool(s);
	uint32_t number = (uint32_t)sim_random(s, SIM_SESSIONS);
	struct sim_session *session = &s->session[number];
	const struct control_lease lease = {
		.pool = at->pool->id,
		.wait_ms = (uint32_t)sim_random(s, 20000),
		.flags = chance(s, 700) ? CONTROL_LEASE_QUEUE | CONTROL_LEASE_WAIT_SET : 0,
	};
	uint32_t sequence = ++s->sequence;
	struct sim_ask *a;
	uint8_t data[64];

	if (chance(s, 500) && take_kept(s, number, at->pool))
		return;
	a = calloc(1, sizeof(*a));
	assert_non_null(a);
	*a = (struct sim_ask){ .sequence = sequence, .session = number, .pool = at };
	assert_int_equal(map_put(&s->asks, sequence, a), 0);
	list_push_back(&session->asks, &a->of_session);
	assert_int_equal(session_learn(session->peer.session, at->pool), 0);
	assert_true(ops_lease(&session->peer, sequence, data,
		control_encode_lease(data, sizeof(data), sequence, &lease)));
	a = map_find(&s->asks, sequence);
	if (a && !a->is_queued)
		sim_fail(s, "neither answered nor queued");
}

static void end_lease(struct sim *s, const struct sim_lease *l, bool is_reusable)
{
	struct session *session = session_of(s, l);
	struct lease_slot *slot = &session->table->slot[l->slot];
	const struct control_return back = { .slot = l->slot, .generation = l->generation };
	const struct control_close_lease gone = {
		.slot = l->slot,
		.generation = l->generation,
		.why = (uint32_t)sim_random(s, CONTROL_CLOSE_COUNT),
	};
	uint8_t data[64];

	if (!is_reusable) {
		assert_true(ops_close(session->peer, 0, data,
			control_encode_close(data, sizeof(data), 0, &gone)));
	} else if (lease_done(slot, l->generation, s->manager.now_ns)) {
		keep(s, &s->idle, *l);
	} else {
		sim_check_return(s, session_find(session, l->slot, l->generation));
		assert_true(ops_return(session->peer, 0, data,
			control_encode_return(data, sizeof(data), 0, &back)));
		sim_check_returned(s);
	}
}

/* Return: false: it waits in the backlog, as no parent could have served it yet. */
static bool complete(struct sim *s, const struct sim_lease *l)
{
	struct pool *p = l->pool;
	const struct backend *b = session_find(session_of(s, l), l->slot, l->generation);

	if (b->spawn_id && b->spawn_id != p->parent.spawn_id) {
		end_lease(s, l, false); /* its parent is gone */
		return true;
	}
	if (!p->parent.pid) {
		keep(s, &s->busy, *l);
		return false;
	}
	starter_served(p, p->parent.spawn_id);
	end_lease(s, l, !chance(s, 40));
	return true;
}

static void complete_some(struct sim *s)
{
	struct sim_lease l;

	for (int i = 0; i < 16 && pick(s, &s->busy, &l); i++) {
		if (complete(s, &l))
			return;
	}
}

static void cancel(struct sim *s)
{
	struct sim_session *at = &s->session[sim_random(s, SIM_SESSIONS)];
	struct list_node *n = list_first(&at->asks);
	struct control_cancel msg;
	struct sim_ask *a;
	uint8_t data[64];

	if (!n)
		return;
	a = LIST_OWNER(n, struct sim_ask, of_session);
	msg.lease_sequence = a->sequence;
	sim_forget_ask(s, a);
	assert_true(
		ops_cancel(&at->peer, 0, data, control_encode_cancel(data, sizeof(data), 0, &msg)));
}

void sim_begin_session(struct sim *s, uint32_t number)
{
	const struct control_hello hello = { .version = CONTROL_VERSION };
	struct sim_session *at = &s->session[number];
	int fd;

	at->peer.manager = &s->manager;
	assert_int_equal(session_new(&s->manager, &at->peer, &hello, &at->peer.session, &fd), 0);
	(void)close(fd);
	at->epoch++;
}

static void lose_session(struct sim *s)
{
	uint32_t number = (uint32_t)sim_random(s, SIM_SESSIONS);
	struct sim_session *at = &s->session[number];
	struct list_node *n;

	while ((n = list_first(&at->asks)))
		sim_forget_ask(s, LIST_OWNER(n, struct sim_ask, of_session));
	at->epoch++;
	at->peer.session = session_end(at->peer.session);
	sim_begin_session(s, number);
}

/* --- what PHP does ------------------------------------------------------------------------ */

static void drop_parent(struct sim *s, struct sim_parent *p)
{
	*p = s->parent[--s->parent_count];
}

/* The supervisor answers soon, and parents that were told to go do so. */
static struct sim_parent *choose_parent(struct sim *s)
{
	struct sim_parent *p = NULL;

	for (int i = 0; i < 16 && s->parent_count; i++) {
		p = &s->parent[sim_random(s, s->parent_count)];
		if (!p->is_running || p->is_told)
			break;
	}
	return p;
}

static void move_parent(struct sim *s)
{
	struct sim_parent *p = choose_parent(s);
	struct priv_message msg = { .id = p ? p->id : 0 };
	bool is_told = p && p->is_told;

	if (!p)
		return;
	if (!p->is_running && chance(s, 60)) {
		msg.type = PRIV_SPAWN_FAILED;
		msg.reason = REASON_START_FAILED;
		drop_parent(s, p);
		assert_true(starter_on_failed(&s->manager, &msg));
	} else if (!p->is_running) {
		p->is_running = true;
		msg.type = PRIV_SPAWNED;
		msg.pid = (int32_t)sim_random(s, 30000) + 2;
		assert_true(starter_on_spawned(&s->manager, &msg));
	} else if (is_told || chance(s, 15)) {
		msg.type = PRIV_EXITED;
		msg.status = is_told ? 0 : SIGSEGV;
		drop_parent(s, p);
		assert_true(starter_on_exited(&s->manager, &msg));
	} else {
		sim_greet(map_find(&s->manager.starter.by_spawn, p->id));
	}
}

/* --- time, and the administrator ----------------------------------------------------------- */

void sim_wait(struct sim *s, uint64_t ns)
{
	uint64_t until = s->manager.now_ns + ns;

	while (sim_io_next_ns() <= until) {
		if (sim_io_next_ns() > s->manager.now_ns)
			s->manager.now_ns = sim_io_next_ns();
		s->is_timer = true;
		(void)sim_io_fire(s->manager.now_ns);
		s->is_timer = false;
		admit_turn_over(&s->manager);
		graveyard_empty(&s->manager.graveyard);
	}
	s->manager.now_ns = until;
}

static void pass_some_time(struct sim *s)
{
	uint64_t most = NS_PER_MS * 4;

	if (chance(s, 20))
		most = 500 * NS_PER_MS;
	if (chance(s, 1))
		most = 20 * NS_PER_S;
	sim_wait(s, sim_random(s, most));
}

static void reload(struct sim *s)
{
	static const enum pool_state states[] = { POOL_STARTING, POOL_READY, POOL_DRAINING };

	s->config.max_children_total = 60 + (uint32_t)sim_random(s, 300);
	s->config.max_concurrent_starts = 1 + (uint32_t)sim_random(s, 16);
	s->config.defaults.queue_length = 1 + (uint32_t)sim_random(s, 30);
	if (chance(s, 200))
		s->config.defaults.children = 2 + (uint32_t)sim_random(s, 40);
	/* as reload_take() and the sweep behind it */
	s->manager.reload.count++;
	s->manager.admit.has_news = true;
	starter_next(&s->manager);
	for (size_t i = 0; i < T_COUNT(states); i++) {
		struct list *list = &s->manager.pools.by_state[states[i]];

		for (size_t k = list->count; k > 0; k--) {
			struct list_node *n = list_first(list);

			if (!n)
				break;
			list_remove(n);
			list_push_back(list, n);
			reload_apply(LIST_OWNER(n, struct pool, state_node));
		}
	}
}

void sim_step(struct sim *s)
{
	uint64_t what = sim_random(s, 1000);

	s->event++;
	if (s->event % RELOAD_EVERY == 0)
		reload(s);
	else if (s->event % STEER_EVERY == 0)
		sim_steer(s);
	else if (what < 400)
		arrive(s);
	else if (what < 780)
		complete_some(s);
	else if (what < 790)
		cancel(s);
	else if (what < 900)
		move_parent(s);
	else if (what < 999)
		pass_some_time(s);
	else if (chance(s, 100))
		lose_session(s);
	admit_turn_over(&s->manager);
	graveyard_empty(&s->manager.graveyard);
	sim_check_turn(s);
}
