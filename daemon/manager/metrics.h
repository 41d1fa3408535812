#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Metrics for monitoring: OpenMetrics text at /metrics, by libevent's HTTP server, on a loopback
 * address or a unix socket (metrics in lsapid.conf).
 *
 * metrics_max_pools of them have figures of their own, from their first request until they are
 * forgotten; those of all others are added up. What a pool had that is forgotten stays in the sums,
 * so that no counter ever goes back.
 *
 * Anybody on this host may connect to an address: how many connections a second brings is bounded,
 * and how long each may last.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/ratelimit.h"
#include "daemon/manager/figures.h"

struct evbuffer;
struct evconnlistener;
struct evhttp;
struct manager;
struct pool;

/** What pools have in common, to be added up. */
struct metrics_sum {
	struct figures_times service;
	uint64_t errors;
	struct figures_times queue;
	struct figures_times start[FIGURES_STARTS];
	uint64_t starts[FIGURES_STARTS];
	uint64_t failures;
	uint64_t deaths;
	uint64_t refusals;
	/* as they are now */
	uint64_t running;
	uint64_t busy;
	uint64_t idle;
	uint64_t limit;
	uint64_t waiting;
};

struct metrics {
	struct manager *manager;
	struct evhttp *http;             /* owned; NULL: none is served */
	struct evconnlistener *listener; /* owned until it is bound, then http's */
	bool has_bound;
	struct ratelimit rate;         /* connections */
	struct event again;            /* that there may be more of them */
	uint32_t named;                /* pools with figures of their own */
	struct metrics_sum gone_named; /* of those that were forgotten */
	struct metrics_sum gone_others;
};

/**
 * metrics_init() - serve what the configuration says, or nothing
 * @listen_fd: a unix socket that listens; consumed; -1: there is none, an address is bound here
 *
 * That an address can not be bound is logged and no failure: PHP does not need it.
 *
 * Return: 0; -errno
 */
int metrics_init(struct metrics *mx, struct manager *m, int listen_fd) ATTR_MUST_USE;
void metrics_deinit(struct metrics *mx);

/** metrics_enter() - a pool is used for the first time: is it one of those with a name? */
void metrics_enter(struct pool *p);

/** metrics_leave() - it is about to be forgotten */
void metrics_leave(struct pool *p);

/** metrics_write() - the whole document. Return: 0; -ENOMEM */
int metrics_write(struct manager *m, struct evbuffer *out) ATTR_MUST_USE;

/** metrics_add_pool() - what a pool has until now; @has_gauges: also what it is now */
void metrics_add_pool(struct metrics_sum *sum, const struct pool *p, bool has_gauges);
