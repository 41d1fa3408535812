/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "tests/support/sim.h"
#include "tests/support/t.h"

#define FOREVER_NS (3600 * NS_PER_S)
/* what goes wrong is wanted here */
#define SILENT ((enum log_level)0)

static bool is_due_before(struct heap_node *a, struct heap_node *b)
{
	return HEAP_OWNER(a, struct sim_ask, due)->until_ns <
	       HEAP_OWNER(b, struct sim_ask, due)->until_ns;
}

static void make_pool(struct sim *s, uint32_t number)
{
	/* some users have one virtual host, some have many */
	unsigned uid = 1000 + (number % 3 ? number % SIM_USERS : number % 40);
	char text[128], sorted[POOL_SPEC_MAX_BYTES];
	const char *what = NULL;
	struct pool_spec_builder b;
	struct pool_spec spec;
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.test", number);
	pool_spec_builder_init(&b, text, sizeof(text));
	pool_spec_add(&b, SPEC_HANDLER, "php");
	pool_spec_add(&b, SPEC_NAME, name);
	pool_spec_add(&b, SPEC_SCOPE, "vhost");
	pool_spec_add_uint(&b, SPEC_UID, uid);
	pool_spec_add_uint(&b, SPEC_GID, uid);
	assert_int_equal(pool_spec_finish(&b, sorted, sizeof(sorted), &spec), 0);
	list_init(&s->pool[number].asks);
	assert_int_equal(
		pool_set_get(&s->manager.pools, &s->manager, &spec, &s->pool[number].pool, &what),
		0);
	s->pool[number].pool->known_by++; /* it stays, as it is pointed at */
	pool_set_note_use(s->pool[number].pool);
}

static void init_config(struct config *c)
{
	static char path[] = "/bin", none[] = "";

	*c = (struct config){
		.max_pools = SIM_POOLS,
		.max_children_total = 100,
		.max_concurrent_starts = 4,
		.defaults = {
			.children = 12,
			.pgrp_max_idle_s = 5,
			.max_reqs = 1000,
			.max_process_time_s = 60,
			.max_connections = 10000,
			.path = path,
			.phprc = none,
			.children_max = 10000,
			.queue_length = 20,
			.queue_wait_ms = 5000,
		},
	};
}

struct sim *sim_new(uint64_t seed)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct manager *m;

	assert_non_null(s);
	s->seed = seed;
	s->random = seed * 2654435761U + 88172645463325252U;
	m = &s->manager;
	init_config(&s->config);
	sim_listen(s);
	m->config = &s->config;
	m->now_ns = FOREVER_NS;
	log_set_level(SILENT);
	accounts_init(&m->accounts);
	users_init(&m->users);
	list_init(&m->graveyard);
	list_init(&m->sessions);
	list_init(&s->waiting);
	list_init(&s->starters);
	map_init(&s->asks);
	heap_init(&s->due, is_due_before);
	assert_int_equal(starter_init(&m->starter, m), 0);
	assert_int_equal(steer_init(&m->steer, m), 0);
	assert_int_equal(admit_init(&m->admit, m), 0);
	assert_int_equal(pool_set_init(&m->pools, m), 0);
	for (uint32_t i = 0; i < SIM_USERS; i++)
		list_init(&s->starter[i].tickets);
	for (uint32_t i = 0; i < SIM_POOLS; i++)
		make_pool(s, i);
	for (uint32_t i = 0; i < SIM_SESSIONS; i++) {
		list_init(&s->session[i].asks);
		sim_begin_session(s, i);
	}
	return s;
}

void sim_free(struct sim *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < SIM_SESSIONS; i++) {
		struct list_node *n;

		while ((n = list_first(&s->session[i].asks)))
			sim_forget_ask(s, LIST_OWNER(n, struct sim_ask, of_session));
		s->session[i].peer.session = session_end(s->session[i].peer.session);
	}
	pool_set_deinit(&s->manager.pools);
	users_deinit(&s->manager.users);
	graveyard_empty(&s->manager.graveyard);
	steer_deinit(&s->manager.steer);
	admit_deinit(&s->manager.admit);
	starter_deinit(&s->manager.starter);
	accounts_deinit(&s->manager.accounts);
	map_deinit(&s->asks);
	free(s);
}
