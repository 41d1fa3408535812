#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A simulated host: thousands of pools, the Apache processes that use them, and the lsphp parents
 * that serve them, around the manager's real deciding code (sim_io.h has the rest of the world).
 * What happens is random, but the same for the same seed. sim_check.c judges.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/heap.h"
#include "daemon/base/list.h"
#include "daemon/manager/manager.h"

#define SIM_POOLS    10000U
#define SIM_USERS    1500U
#define SIM_SESSIONS 24U
#define SIM_LEASES   8192U

/** A LEASE that has no answer yet. */
struct sim_ask {
	struct list_node of_pool; /* queued, in the order of coming */
	struct list_node of_session;
	struct heap_node due;
	uint32_t sequence;
	uint32_t session;
	struct sim_pool *pool;
	uint64_t until_ns;
	bool is_queued;
};

struct sim_pool {
	struct pool *pool;
	struct list asks;        /* that are queued */
	struct list_node waits;  /* in the world's list while there is one */
	struct list_node ticket; /* in its user's line for a start */
};

/** A lease as its holder has it; checked when it is used. */
struct sim_lease {
	uint32_t session;
	uint32_t epoch; /* of the session */
	uint32_t slot;
	uint64_t generation;
	struct pool *pool;
};

struct sim_leases {
	struct sim_lease item[SIM_LEASES];
	size_t count;
};

/** An lsphp parent as the supervisor knows it. */
struct sim_parent {
	uint64_t id;
	bool is_running; /* SPAWNED was said */
	bool is_told;    /* to retire, or killed */
};

struct sim_session {
	struct peer peer;
	struct list asks;
	uint32_t epoch;
};

/** A user in the eyes of whoever watches the order of starts. */
struct sim_starter {
	struct list_node node; /* among those that wait, by @since */
	uint64_t since;        /* number of the start after which it waits for the next one */
	uint64_t last;         /* number of its last start; 0: none */
	struct list tickets;   /* in the order of coming */
};

/** What a run was made of, so that nothing is proved by nothing happening. */
enum sim_count {
	SIM_GRANTED,
	SIM_QUEUED_GRANTED,
	SIM_REFUSED,
	SIM_HELD_BACK,
	SIM_AT_SHARE,
	SIM_SWAPS,
	SIM_STARTS,
	SIM_REAPED,
	SIM_ORDERS,
	SIM_ANSWERED, /* orders that were done in time */
	SIM_STOPPED,  /* pools, each time that all are looked at */
	SIM_COUNT
};

struct sim {
	struct manager manager;
	struct config config;
	uint64_t seed;
	uint64_t random;
	uint64_t event; /* number of the one that happens */
	struct sim_pool pool[SIM_POOLS];
	struct sim_session session[SIM_SESSIONS];
	struct sim_leases busy;
	struct sim_leases idle;
	struct sim_parent parent[SIM_POOLS * 2];
	size_t parent_count;
	struct map asks; /* by sequence */
	struct heap due; /* queued asks by their time */
	struct list waiting;
	uint32_t sequence;

	uint64_t awaited[STEER_MAX_ORDERS]; /* orders that somebody waits for; 0: a free place */

	/* of sim_check.c */
	struct sim_starter starter[SIM_USERS];
	struct list starters;
	uint64_t start_count;
	uint64_t evictions_seen;
	struct {
		bool is_fresh;
		const struct user *user;
		uint32_t held;
		uint64_t idle_ns;
	} victim;
	const struct backend *yields; /* it has to be closed for a poorer user; NULL: none has to */
	bool is_timer;                /* a timer runs: what is retired now is idle */
	uint64_t counts[SIM_COUNT];
};

/** sim_new() - asserts; sim_free() accepts NULL */
struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *s);

/** sim_step() - one event, with all that follows from it */
void sim_step(struct sim *s);

/** sim_begin_session() - a new Apache process in the place of one that is gone */
void sim_begin_session(struct sim *s, uint32_t number);

/** sim_forget_ask() - it has its answer, or has gone */
void sim_forget_ask(struct sim *s, struct sim_ask *a);

/** sim_listen() - be told by sim_io.h what the manager does */
void sim_listen(struct sim *s);

/** sim_fail() - the test fails, with seed and event */
_Noreturn void sim_fail(const struct sim *s, const char *what);

/** What no event tells is looked for ten times a second, and walks are paid for. */
#define SIM_PATIENCE_NS 300000000ULL

/** sim_wait() - nothing happens but time */
void sim_wait(struct sim *s, uint64_t ns);

/** sim_random() - 0 to @below, exclusive */
uint64_t sim_random(struct sim *s, uint64_t below);

/** sim_find_ask() - or the test fails */
struct sim_ask *sim_find_ask(struct sim *s, uint32_t sequence);

/** sim_steer() - an order of the administrator */
void sim_steer(struct sim *s);

/** sim_greet() - PHP of @p answers on the connection that an order has made, if there is one */
void sim_greet(struct pool *p);

/** sim_is_restarted() - by an order, now or a moment ago: its busy children finish */
bool sim_is_restarted(const struct sim *s, const struct pool *p);

/* sim_check.c: what must hold, whatever the manager does */
void sim_check_grant(struct sim *s, const struct sim_ask *a);
void sim_check_queued(struct sim *s, const struct sim_ask *a);
void sim_check_growth(struct sim *s, struct pool *p);
void sim_check_close(struct sim *s, const struct backend *b);
void sim_check_spawn(struct sim *s, uint64_t spawn_id);
void sim_check_return(struct sim *s, const struct backend *b);
void sim_check_returned(struct sim *s);
void sim_check_retire(struct sim *s, uint64_t spawn_id);
void sim_check_turn(struct sim *s);   /* after each event */
void sim_check_orders(struct sim *s); /* of sim_steer.c; with sim_check_all() */
void sim_check_all(struct sim *s);    /* from time to time, after SIM_PATIENCE_NS of quiet */
