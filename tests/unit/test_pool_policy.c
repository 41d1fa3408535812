/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/manager/pool_policy.h"
#include "tests/support/t.h"

#define STALE (POOL_POLICY_STALE_NS + 1)
#define FRESH (POOL_POLICY_STALE_NS / 2)

/* What a row does not name: a ready pool with nothing, room for everything, reject mode. */
#define HOST(n) .host.used = (n)
#define LIMITS  .children = 4, .host.limit = 100, .host.users = 2, .wait_limit = 8
#define IN(s)   .state = (s), .has_slot = true, LIMITS
#define BASE    IN(POOL_READY)

static const struct {
	const char *name;
	struct pool_figures f;
	struct pool_decision expected;
} rows[] = {
	{ "an unheld one first", { BASE, .unheld = 1, .connections = 1 },
		{ POOL_GRANT_IDLE, REASON_NONE } },
	{ "an unheld one even if a stale lease is there",
		{ BASE, .unheld = 1, .connections = 2, .has_idle = true, .idle_ns = STALE },
		{ POOL_GRANT_IDLE, REASON_NONE } },
	{ "a stale lease before growing",
		{ BASE, .connections = 1, .has_idle = true, .idle_ns = STALE },
		{ POOL_REVOKE, REASON_NONE } },
	{ "growing before a fresh lease",
		{ BASE, .connections = 1, .has_idle = true, .idle_ns = FRESH },
		{ POOL_CONNECT, REASON_NONE } },
	{ "a fresh lease if as many as are kept are there",
		{ BASE, .connections = 1, .has_idle = true, .idle_ns = FRESH, .has_enough = true },
		{ POOL_REVOKE, REASON_NONE } },
	{ "growing beyond what is kept, if all of it works",
		{ BASE, .connections = 1, .has_enough = true }, { POOL_CONNECT, REASON_NONE } },
	{ "exactly at the age is not stale",
		{ BASE, .connections = 1, .has_idle = true, .idle_ns = POOL_POLICY_STALE_NS },
		{ POOL_CONNECT, REASON_NONE } },
	{ "a fresh lease at the limit",
		{ BASE, .connections = 4, .has_idle = true, .idle_ns = FRESH },
		{ POOL_REVOKE, REASON_NONE } },
	{ "busy at the limit", { BASE, .connections = 4 }, { POOL_REJECT, REASON_BUSY } },
	{ "queue at the limit", { BASE, .connections = 4, .can_wait = true },
		{ POOL_QUEUE, REASON_NONE } },
	{ "the queue is full", { BASE, .connections = 4, .can_wait = true, .waiting = 8 },
		{ POOL_REJECT, REASON_QUEUE_FULL } },
	{ "who came first is first, although one is free",
		{ BASE, .unheld = 1, .connections = 4, .can_wait = true, .waiting = 1 },
		{ POOL_QUEUE, REASON_NONE } },
	{ "nor does reject mode pass the queue",
		{ BASE, .unheld = 1, .connections = 4, .waiting = 1 },
		{ POOL_REJECT, REASON_BUSY } },
	{ "the host is full", { BASE, HOST(100) }, { POOL_REJECT, REASON_HOST_FULL } },
	{ "the host is full, but a fresh lease is there",
		{ BASE, .connections = 1, HOST(100), .has_idle = true, .idle_ns = FRESH },
		{ POOL_REVOKE, REASON_NONE } },
	{ "the host is full of busy and of idle ones: the idle go",
		{ BASE, HOST(100), .has_spare = true }, { POOL_EVICT, REASON_NONE } },
	{ "a pool that is cold may evict too", { IN(POOL_COLD), HOST(100), .has_spare = true },
		{ POOL_EVICT, REASON_NONE } },
	{ "nobody is evicted while the host has room", { BASE, HOST(99), .has_spare = true },
		{ POOL_CONNECT, REASON_NONE } },
	{ "its own lease goes before that of others",
		{ BASE, .connections = 1, HOST(100), .has_idle = true, .idle_ns = FRESH,
			.has_spare = true },
		{ POOL_REVOKE, REASON_NONE } },
	{ "what others have is no help at the pool's own limit",
		{ BASE, .connections = 4, HOST(100), .has_spare = true },
		{ POOL_REJECT, REASON_BUSY } },
	{ "eviction before queueing", { BASE, HOST(100), .has_spare = true, .can_wait = true },
		{ POOL_EVICT, REASON_NONE } },
	{ "below the share: the last place", { BASE, HOST(99), .user_held = 49 },
		{ POOL_CONNECT, REASON_NONE } },
	{ "at the share: more than the reserve is free", { BASE, HOST(93), .user_held = 50 },
		{ POOL_CONNECT, REASON_NONE } },
	{ "at the share: the reserve is for others", { BASE, HOST(94), .user_held = 50 },
		{ POOL_REJECT, REASON_HOST_FULL } },
	{ "at the share: a spare one", { BASE, HOST(94), .user_held = 50, .has_spare = true },
		{ POOL_EVICT, REASON_NONE } },
	{ "at the share: the place of the spare one",
		{ BASE, HOST(94), .user_held = 50, .has_place = true },
		{ POOL_CONNECT, REASON_NONE } },
	{ "a place on a host whose ceiling was lowered is none",
		{ BASE, HOST(120), .user_held = 50, .has_place = true },
		{ POOL_REJECT, REASON_HOST_FULL } },
	{ "at the share: wait", { BASE, HOST(94), .user_held = 50, .can_wait = true },
		{ POOL_QUEUE, REASON_NONE } },
	{ "the host is full: queue", { BASE, HOST(100), .can_wait = true },
		{ POOL_QUEUE, REASON_NONE } },
	{ "cold: start", { IN(POOL_COLD) }, { POOL_START, REASON_NONE } },
	{ "starting: connect", { IN(POOL_STARTING) }, { POOL_CONNECT, REASON_NONE } },
	{ "draining: start again", { IN(POOL_DRAINING) }, { POOL_START, REASON_NONE } },
	{ "failed, delay over: start", { IN(POOL_FAILED) }, { POOL_START, REASON_NONE } },
	{ "failed: its reason",
		{ IN(POOL_FAILED), .is_backing_off = true, .fail_reason = REASON_UID_FLOOR },
		{ POOL_REJECT, REASON_UID_FLOOR } },
	{ "failed: nobody queues for it",
		{ IN(POOL_FAILED), .is_backing_off = true, .can_wait = true,
			.fail_reason = REASON_BACKOFF },
		{ POOL_REJECT, REASON_BACKOFF } },
	{ "an old delay means nothing when it is ready",
		{ BASE, .is_backing_off = true, .unheld = 1 }, { POOL_GRANT_IDLE, REASON_NONE } },
	{ "cold and at the limit with children of an earlier parent",
		{ IN(POOL_COLD), .connections = 4 }, { POOL_REJECT, REASON_BUSY } },
	{ "lsphp can not fork: told so", { BASE, .connections = 1, .is_stuck = true },
		{ POOL_REJECT, REASON_PROCESS_LIMIT } },
	{ "lsphp can not fork: what is there serves",
		{ BASE, .connections = 1, .is_stuck = true, .has_idle = true, .idle_ns = FRESH },
		{ POOL_REVOKE, REASON_NONE } },
	{ "lsphp can not fork, queue mode: one that is busy may become free",
		{ BASE, .connections = 1, .is_stuck = true, .can_wait = true },
		{ POOL_QUEUE, REASON_NONE } },
	{ "lsphp can not fork: nobody is evicted for it",
		{ BASE, HOST(100), .is_stuck = true, .has_spare = true },
		{ POOL_REJECT, REASON_PROCESS_LIMIT } },
	{ "lsphp can not fork, and is full anyway", { BASE, .connections = 4, .is_stuck = true },
		{ POOL_REJECT, REASON_BUSY } },
	{ "stopping", { BASE, .is_stopping = true, .unheld = 1 },
		{ POOL_REJECT, REASON_STOPPING } },
	{ "stopped: whatever is there", { BASE, .is_stopped = true, .unheld = 1 },
		{ POOL_REJECT, REASON_STOPPED } },
	{ "stopped, and failed before",
		{ IN(POOL_FAILED), .is_stopped = true, .is_backing_off = true,
			.fail_reason = REASON_BACKOFF },
		{ POOL_REJECT, REASON_STOPPED } },
	{ "no slot", { LIMITS, .state = POOL_READY, .unheld = 1 },
		{ POOL_REJECT, REASON_SESSION_FULL } },
};

static void pool_policy_decide__rows__expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct pool_decision d = pool_policy_decide(&rows[i].f);

		T_ASSERT_ROW(rows[i].name, d.action == rows[i].expected.action);
		T_ASSERT_ROW(rows[i].name, d.reason == rows[i].expected.reason);
	}
}

/* Whatever the figures are: never more connections than children, nothing while stopping. */
static void pool_policy_decide__all_small_figures__within_limits(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1U << 14; bits++) {
		const struct pool_figures f = {
			.state = (enum pool_state)(bits % POOL_STATE_COUNT),
			.is_stopping = bits & 1,
			.has_slot = bits & 2,
			.has_idle = bits & 4,
			.idle_ns = bits & 8 ? STALE : FRESH,
			.unheld = bits >> 4 & 1,
			.connections = bits >> 5 & 3,
			.children = 2,
			.host.used = bits >> 7 & 1,
			.host.limit = 1,
			.waiting = bits >> 8 & 3,
			.wait_limit = 2,
			.can_wait = bits >> 10 & 1,
			.is_backing_off = bits >> 11 & 1,
			.fail_reason = REASON_START_EXITED,
			.has_spare = bits >> 13 & 1,
		};
		struct pool_decision d = pool_policy_decide(&f);

		if (d.action == POOL_CONNECT || d.action == POOL_START) {
			assert_true(f.connections < f.children);
			assert_true(f.host.used < f.host.limit);
		}
		if (d.action == POOL_REVOKE)
			assert_true(f.has_idle);
		if (d.action == POOL_EVICT) {
			assert_true(f.has_spare && f.connections < f.children);
			assert_true(f.host.used >= f.host.limit);
		}
		if (d.action == POOL_GRANT_IDLE)
			assert_true(f.unheld > 0);
		if (d.action == POOL_QUEUE)
			assert_true(f.can_wait && f.waiting < f.wait_limit);
		if (f.is_stopping || !f.has_slot)
			assert_int_equal(d.action, POOL_REJECT);
		assert_int_equal(d.action == POOL_REJECT, d.reason != REASON_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_policy_decide__rows__expected),
		cmocka_unit_test(pool_policy_decide__all_small_figures__within_limits),
	};

	return cmocka_run_group_tests_name("pool_policy", tests, NULL, NULL);
}
