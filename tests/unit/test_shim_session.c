/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What holds leases in an Apache process, with many threads and a manager that misbehaves.
 *
 * Under ThreadSanitizer this is also the test of the shim's locks and memory order:
 *
 *	meson setup build-tsan -Db_sanitize=thread -Db_lundef=false
 *	meson test -C build-tsan shim_session
 */

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/pool_spec.h"
#include "shim/shim_process.h"
#include "tests/support/fake_manager.h"
#include "tests/support/t.h"

#define THREADS 16U
#define POOLS   6U
#define ROUNDS  400U

struct world {
	struct world *next;
	struct fake_manager manager;
	struct shim_global global;
	struct shim_process *process; /* never freed, as in httpd */
	unsigned fds_before;
	unsigned tables_before;
	/* of the crowd */
	_Atomic unsigned served;
	_Atomic unsigned rejected;
	_Atomic unsigned denied;
	_Atomic unsigned failed[SHIM_SESSION_E_TOO_LARGE + 1];
};

struct visitor {
	struct world *world;
	pthread_t thread;
	unsigned number; /* from 1 */
	uint64_t random;
};

/** What is never freed stays in sight of LeakSanitizer. */
static struct world *worlds;

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of its own */
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static unsigned count_tables(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned count = 0;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "shim-test-table") != NULL;
	(void)fclose(maps);
	return count;
}

/* The manager counts in a thread of its own. */
static void wait_count(const _Atomic unsigned *count, unsigned least)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };

	for (unsigned i = 0; *count < least && i < 10000; i++)
		(void)nanosleep(&a_while, NULL);
	assert_int_equal(*count, least);
}

static struct shim_pool *get_pool(struct world *w, unsigned number)
{
	struct shim_pool_key key = { .handler = "h", .docroot = "/", .uid = number };
	char parts[POOL_SPEC_MAX_BYTES], text[POOL_SPEC_MAX_BYTES];
	struct shim_pool *pool = shim_pool_find(w->process, &key);
	struct pool_spec_builder b;
	struct pool_spec spec;
	const char *why = NULL;

	if (pool)
		return pool;
	pool_spec_builder_init(&b, parts, sizeof(parts));
	pool_spec_add_uint(&b, SPEC_UID, number);
	assert_int_equal(pool_spec_finish(&b, text, sizeof(text), &spec), 0);
	pool = shim_pool_add(w->process, &key, spec.data, spec.size, &why);
	assert_non_null(pool);
	return pool;
}

static struct shim_conn *take(
	struct world *w, unsigned pool, uint32_t wait_ms, struct shim_lease_failure *f)
{
	struct shim_lease_terms terms = { .wait_ms = wait_ms, .tries = 20, .pause_us = 10000 };

	memset(f, 0, sizeof(*f));
	return shim_lease_take(w->process, get_pool(w, pool), &terms, f);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->next = worlds;
	worlds = w;
	w->fds_before = count_fds();
	w->tables_before = count_tables();
	fake_manager_watch(&w->manager);
	fake_manager_start(&w->manager);
	w->global = (struct shim_global){
		.socket_path = w->manager.path,
		.has_key = true,
		.answer_ms = 2000,
	};
	w->process = shim_process_new(&w->global);
	assert_non_null(w->process);
	*state = w;
	return 0;
}

static unsigned close_idle(struct world *w)
{
	unsigned count = 0;

	for (unsigned i = 0; i < POOLS; i++)
		for (struct shim_conn *c = get_pool(w, i)->idle; c; c = c->next) {
			assert_ptr_equal(c->table->idle_by_slot[c->slot], c);
			assert_int_equal(close(c->fd), 0);
			count++;
		}
	return count;
}

/* The world ends, and only what is in the lists was open or mapped. */
static int tear_down(void **state)
{
	struct world *w = *state;
	const char *violation;
	unsigned left;
	unsigned idle;

	fake_manager_stop(&w->manager);
	violation = w->manager.counts.violation;
	if (w->manager.counts.violations)
		fail_msg("%u violations, the last: %s", w->manager.counts.violations, violation);
	idle = close_idle(w);
	left = count_fds() - w->fds_before;
	/* the control connection, which nobody has looked at since */
	assert_in_range(left, 0, 1);
	assert_in_range(count_tables() - w->tables_before, 0, idle + 1);
	fake_manager_watch(NULL);
	fake_manager_free(&w->manager);
	return 0;
}

/* --- one thread, one promise -------------------------------------------------------------- */

static void take__kept_lease__asks_nobody(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *first = take(w, 1, 0, &f);

	assert_non_null(first);
	shim_lease_done(w->process, first);
	for (unsigned i = 0; i < 10; i++) {
		struct shim_conn *again = take(w, 1, 0, &f);

		assert_ptr_equal(again, first);
		shim_lease_done(w->process, again);
	}
	wait_count(&w->manager.counts.grants, 1);
	assert_int_equal(w->manager.counts.returns, 0);
}

static void take__revoked_lease__is_closed_and_asked_anew(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *conn = take(w, 1, 0, &f);

	assert_non_null(conn);
	struct fake_use *use = fake_manager_get_use(&w->manager, conn->table->session, conn->slot);
	struct lease_slot *slot = &conn->table->map->slot[conn->slot];

	assert_non_null(use);
	shim_lease_done(w->process, conn);
	assert_true(lease_revoke(slot, use->generation));
	conn = take(w, 1, 0, &f);
	assert_non_null(conn);
	wait_count(&w->manager.counts.grants, 2);
	shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
}

static void take__manager_of_another_boot__asks_for_the_pool_again(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.restart = 1000;
	for (unsigned i = 0; i < 5; i++) {
		struct shim_conn *conn = take(w, 1, 0, &f);

		assert_non_null(conn);
		/* the connection is lost at this message, and with it the boot */
		w->manager.script.lost = 1000;
		shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
		wait_count(&w->manager.counts.boots, i + 1);
		w->manager.script.lost = 0;
	}
	assert_int_equal(w->manager.counts.lives, 5);
}

static void take__pool_unknown_for_ever__ends(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.unknown = 1000;
	assert_null(take(w, 1, 0, &f));
	assert_int_equal(f.session_error, 0);
	assert_int_equal(f.reply.type, CONTROL_REJECT);
	assert_int_equal(f.reply.reason, REASON_POOL_UNKNOWN);
	assert_in_range(w->manager.counts.unknown, 2, 10);
}

static void take__pool_denied__tells_reason_and_text(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.deny = 1000;
	assert_null(take(w, 1, 0, &f));
	assert_int_equal(f.session_error, 0);
	assert_int_equal(f.reply.reason, REASON_UID_FLOOR);
	assert_string_equal(f.reply.text, "denied by script");
}

static void take__hello_refused__waits_for_the_restart_and_tells(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.refuse = 1000;
	assert_null(take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_REFUSED);
	assert_int_equal(f.reply.reason, REASON_STOPPING);
	assert_true(w->manager.counts.lives > 1);
	w->manager.script.refuse = 0;
	struct shim_conn *conn = take(w, 1, 0, &f);

	assert_non_null(conn);
	shim_lease_done(w->process, conn);
}

static void take__no_daemon__tells_errno(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->global.socket_path = "/nonexistent/control.sock";
	assert_null(take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_CONNECT);
	assert_int_equal(f.error, ENOENT);
}

static void take__answer_too_late__cancels_and_gives_the_grant_back(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;

	w->global.answer_ms = 20;
	w->manager.script.slow = 1000;
	w->manager.script.slow_ms = 120;
	assert_null(take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_TIMEOUT);
	w->global.answer_ms = 2000;
	/* while this waits for its own, the late grant of the first comes */
	struct shim_conn *conn = take(w, 1, 0, &f);

	assert_non_null(conn);
	assert_int_equal(w->manager.counts.cancels, 1);
	shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
	wait_count(&w->manager.counts.closes, 1);
	assert_int_equal(w->manager.counts.returns, 1);
}

static void done__wanted_lease__goes_back(void **state)
{
	struct world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *conn = take(w, 1, 0, &f);

	assert_non_null(conn);
	assert_true(lease_want(&conn->table->map->slot[conn->slot], conn->generation));
	shim_lease_done(w->process, conn);
	wait_count(&w->manager.counts.returns, 1);
	assert_null(get_pool(w, 1)->idle);
}

/* --- a crowd ------------------------------------------------------------------------------ */

static bool is_peer_gone(const struct shim_conn *conn)
{
	char byte;

	return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* The lease is this thread's alone, and it is what was asked for. */
static void use_lease(struct visitor *v, unsigned pool, struct shim_conn *conn)
{
	struct world *w = v->world;
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
	struct world *w = v->world;

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
	struct world *w = v->world;
	struct shim_lease_failure f;

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned pool = (unsigned)(fake_random(&v->random) % POOLS);
		struct shim_conn *conn = take(w, pool, i % 3 ? 0 : 5, &f);

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

static void run_crowd(struct world *w)
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
	struct world *w = *state;

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
	struct world *w = *state;

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
	struct world *w = *state;
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
	struct shim_conn *conn = take(w, 1, 0, &f);

	assert_non_null(conn);
	shim_lease_done(w->process, conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(take__kept_lease__asks_nobody),
		T(take__revoked_lease__is_closed_and_asked_anew),
		T(take__manager_of_another_boot__asks_for_the_pool_again),
		T(take__pool_unknown_for_ever__ends),
		T(take__pool_denied__tells_reason_and_text),
		T(take__hello_refused__waits_for_the_restart_and_tells),
		T(take__no_daemon__tells_errno),
		T(take__answer_too_late__cancels_and_gives_the_grant_back),
		T(done__wanted_lease__goes_back),
		T(crowd__manager_that_takes_back__no_lease_has_two_holders),
		T(crowd__slow_and_refusing_manager__each_gets_its_own_answer),
		T(crowd__manager_that_comes_and_goes__recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
