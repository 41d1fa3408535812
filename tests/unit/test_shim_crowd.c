/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What holds leases in an Apache process, with many threads and a manager that misbehaves.
 *
 * Under ThreadSanitizer this is also the test of the shim's locks and memory order:
 *
 *	meson setup build-tsan -Db_sanitize=thread -Db_lundef=false
 *	meson test -C build-tsan shim_crowd
 */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/support/shim_world.h"
#include "tests/support/t.h"

#define THREADS 16U
#define ROUNDS  400U

struct visitor {
	struct shim_world *world;
	pthread_t thread;
	unsigned number; /* from 1 */
	uint64_t random;
};

static bool is_peer_gone(const struct shim_conn *conn)
{
	char byte;

	return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* The lease is this thread's alone, and it is what was asked for. */
static void use_lease(struct visitor *v, unsigned pool, struct shim_conn *conn)
{
	struct shim_world *w = v->world;
	struct fake_use *use = fake_manager_get_use(&w->manager, conn->table->session, conn->slot);
	struct stat st;

	if (!use) {
		fake_violate(&w->manager, "slot or session that was never given");
		return;
	}
	if (use->holder)
		fake_violate(&w->manager, "two holders of one lease");
	use->holder = v->number;
	if (use->generation != conn->generation || use->pool != pool || conn->pool->key.uid != pool)
		fake_violate(&w->manager, "lease of another pool or generation");
	if (fstat(conn->fd, &st) != 0 || st.st_ino != use->inode)
		fake_violate(&w->manager, "descriptor of another lease");
	for (uint64_t i = fake_random(&v->random) % 4; i > 0; i--)
		(void)sched_yield();
	if (use->holder != v->number)
		fake_violate(&w->manager, "holder changed");
	use->holder = 0;
	w->served++;
}

/* The manager says in its text which pool it means. */
static void note_failure(struct visitor *v, unsigned pool, const struct shim_lease_failure *f)
{
	struct shim_world *w = v->world;

	if (f->session_error) {
		w->failed[f->session_error]++;
	} else if (f->reply.type == CONTROL_REJECT) {
		w->rejected++;
		/* without a text it is the session's own: the pool's id was of another boot */
		if (f->reply.text[0] &&
			((unsigned)strtoul(f->reply.text, NULL, 10) & 0xff) != pool + 1)
			fake_violate(&w->manager, "answer to another's question");
	} else if (f->reply.type == CONTROL_DENIED && f->reply.reason == REASON_UID_FLOOR) {
		w->denied++;
	} else {
		fake_violate(&w->manager, "neither a lease nor a reason");
	}
}

static void *visit(void *data)
{
	struct visitor *v = data;
	struct shim_world *w = v->world;
	struct shim_lease_failure f;

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned pool = (unsigned)(fake_random(&v->random) % SHIM_WORLD_POOLS);
		struct shim_conn *conn = shim_world_take(w, pool, i % 3 ? 0 : 5, &f);

		if (!conn) {
			note_failure(v, pool, &f);
			continue;
		}
		if (is_peer_gone(conn)) {
			shim_lease_drop(w->process, conn, CONTROL_CLOSE_UNUSED);
			continue;
		}
		use_lease(v, pool, conn);
		if (fake_random(&v->random) % 8 == 0)
			shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
		else
			shim_lease_done(w->process, conn);
	}
	return NULL;
}

static void run_crowd(struct shim_world *w)
{
	struct visitor visitors[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		visitors[i] = (struct visitor){
			.world = w, .number = i + 1, .random = 0x2545f4914f6cdd1dULL * (i + 1)
		};
		assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(visitors[i].thread, NULL);
}

static void crowd__manager_that_takes_back__no_lease_has_two_holders(void **state)
{
	struct shim_world *w = *state;

	w->manager.script.revoke = 300;
	w->manager.script.want = 300;
	w->manager.script.kill = 5;
	run_crowd(w);
	assert_true(w->served > THREADS * ROUNDS / 2);
	assert_true(w->manager.counts.revoked > 0);
	assert_true(w->manager.counts.wanted > 0);
	assert_true(w->manager.counts.returns > 0);
}

static void crowd__slow_and_refusing_manager__each_gets_its_own_answer(void **state)
{
	struct shim_world *w = *state;

	w->global.answer_ms = 3;
	w->manager.script.busy = 200;
	w->manager.script.slow = 300;
	w->manager.script.slow_ms = 6;
	w->manager.script.unknown = 50;
	w->manager.script.deny = 100;
	w->manager.script.revoke = 500;
	run_crowd(w);
	assert_true(w->served > THREADS * ROUNDS / 8);
	assert_true(w->rejected > 0);
	assert_true(w->failed[SHIM_SESSION_E_TIMEOUT] > 0);
	assert_true(w->manager.counts.cancels > 0);
	assert_int_equal(w->failed[SHIM_SESSION_E_CONNECT], 0);
}

static void crowd__manager_that_comes_and_goes__recovers(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.lost = 20;
	w->manager.script.restart = 500;
	w->manager.script.refuse = 100;
	w->manager.script.revoke = 300;
	w->manager.script.want = 200;
	w->manager.script.unknown = 20;
	run_crowd(w);
	assert_true(w->served > THREADS * ROUNDS / 2);
	assert_true(w->manager.counts.lives > 10);
	assert_true(w->manager.counts.boots > 2);
	w->manager.script.lost = 0;
	w->manager.script.refuse = 0;
	w->manager.script.unknown = 0;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	shim_lease_done(w->process, conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, shim_world_set_up, shim_world_tear_down)
		T(crowd__manager_that_takes_back__no_lease_has_two_holders),
		T(crowd__slow_and_refusing_manager__each_gets_its_own_answer),
		T(crowd__manager_that_comes_and_goes__recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
