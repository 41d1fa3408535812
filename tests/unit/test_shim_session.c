/* SPDX-License-Identifier: Apache-2.0 */

/* What holds leases in an Apache process: one thread, one promise each. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/shim_world.h"
#include "tests/support/t.h"

static void take__kept_lease__asks_nobody(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *first = shim_world_take(w, 1, 0, &f);

	assert_non_null(first);
	shim_lease_done(w->process, first);
	for (unsigned i = 0; i < 10; i++) {
		struct shim_conn *again = shim_world_take(w, 1, 0, &f);

		assert_ptr_equal(again, first);
		shim_lease_done(w->process, again);
	}
	shim_world_wait(&w->manager.counts.grants, 1);
	assert_int_equal(w->manager.counts.returns, 0);
}

static void take__revoked_lease__is_closed_and_asked_anew(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	struct fake_use *use = fake_manager_get_use(&w->manager, conn->table->session, conn->slot);
	struct lease_slot *slot = &conn->table->map->slot[conn->slot];

	assert_non_null(use);
	shim_lease_done(w->process, conn);
	assert_true(lease_revoke(slot, use->generation));
	conn = shim_world_take(w, 1, 0, &f);
	assert_non_null(conn);
	shim_world_wait(&w->manager.counts.grants, 2);
	shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
}

/* What a backend says or does while nobody asks it anything. */
static void check_noticed(struct shim_world *w, bool is_end)
{
	const struct timespec idle = { .tv_nsec = 30000000 };
	struct shim_lease_failure f;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	int peer = w->manager.life[conn->table->session]->peer[conn->slot];

	shim_lease_done(w->process, conn);
	if (is_end)
		assert_int_equal(shutdown(peer, SHUT_WR), 0);
	else
		assert_int_equal(send(peer, "late", 4, 0), 4);
	/* time itself is what is tested */
	(void)nanosleep(&idle, NULL);
	conn = shim_world_take(w, 1, 0, &f);
	assert_non_null(conn);
	shim_world_wait(&w->manager.counts.closes, 1);
	shim_world_wait(&w->manager.counts.grants, 2);
	shim_lease_done(w->process, conn);
}

static void take__late_bytes_on_a_kept_connection__uses_another(void **state)
{
	check_noticed(*state, false);
}

static void take__kept_connection_ended__uses_another(void **state)
{
	check_noticed(*state, true);
}

static void take__manager_of_another_boot__asks_for_the_pool_again(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.restart = 1000;
	for (unsigned i = 0; i < 5; i++) {
		struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

		assert_non_null(conn);
		/* the connection is lost at this message, and with it the boot */
		w->manager.script.lost = 1000;
		shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
		shim_world_wait(&w->manager.counts.boots, i + 1);
		w->manager.script.lost = 0;
	}
	assert_int_equal(w->manager.counts.lives, 5);
}

static void take__pool_unknown_for_ever__ends(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.unknown = 1000;
	assert_null(shim_world_take(w, 1, 0, &f));
	assert_int_equal(f.session_error, 0);
	assert_int_equal(f.reply.type, CONTROL_REJECT);
	assert_int_equal(f.reply.reason, REASON_POOL_UNKNOWN);
	assert_in_range(w->manager.counts.unknown, 2, 10);
}

static void take__pool_denied__tells_reason_and_text(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.deny = 1000;
	assert_null(shim_world_take(w, 1, 0, &f));
	assert_int_equal(f.session_error, 0);
	assert_int_equal(f.reply.reason, REASON_UID_FLOOR);
	assert_string_equal(f.reply.text, "denied by script");
}

static void take__hello_refused__waits_for_the_restart_and_tells(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->manager.script.refuse = 1000;
	assert_null(shim_world_take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_REFUSED);
	assert_int_equal(f.reply.reason, REASON_STOPPING);
	assert_true(w->manager.counts.lives > 1);
	w->manager.script.refuse = 0;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	shim_lease_done(w->process, conn);
}

static void take__no_daemon__tells_errno(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->global.socket_path = "/nonexistent/control.sock";
	assert_null(shim_world_take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_CONNECT);
	assert_int_equal(f.error, ENOENT);
}

static void take__answer_too_late__cancels_and_gives_the_grant_back(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->global.answer_ms = 20;
	w->manager.script.slow = 1000;
	w->manager.script.slow_ms = 120;
	assert_null(shim_world_take(w, 1, 0, &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_TIMEOUT);
	w->global.answer_ms = 2000;
	/* while this waits for its own, the late grant of the first comes */
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	assert_int_equal(w->manager.counts.cancels, 1);
	shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
	shim_world_wait(&w->manager.counts.closes, 1);
	assert_int_equal(w->manager.counts.returns, 1);
}

static void take__queued__waits_as_long_as_the_manager_says(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;

	w->global.answer_ms = 20;
	w->manager.script.queued_ms = 5000;
	w->manager.script.slow = 1000;
	w->manager.script.slow_ms = 120;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	assert_int_equal(w->manager.counts.cancels, 0);
	shim_lease_drop(w->process, conn, CONTROL_CLOSE_DONE);
}

static void take__client_leaves_while_queued__cancels(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;
	int client[2];

	w->manager.script.queued_ms = 60000;
	w->manager.script.slow = 1000;
	w->manager.script.slow_ms = 60000;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);
	/* what it had sent before does not hide its end */
	assert_int_equal(send(client[1], "GET", 3, 0), 3);
	assert_int_equal(close(client[1]), 0);
	assert_null(shim_world_take_for(w, 1, client[0], &f));
	assert_int_equal(f.session_error, SHIM_SESSION_E_GONE);
	shim_world_wait(&w->manager.counts.cancels, 1);
	assert_int_equal(close(client[0]), 0);
}

struct patient {
	struct shim_world *w;
	int client_fd;
	struct shim_conn *conn;
	struct shim_lease_failure f;
};

static void *wait_patiently(void *arg)
{
	struct patient *p = arg;

	p->conn = shim_world_take_for(p->w, 1, p->client_fd, &p->f);
	return NULL;
}

/* Whoever receives for all watches the clients of all: none of two is the one by chance. */
static void take__one_client_of_two_leaves__only_that_one(void **state)
{
	struct shim_world *w = *state;
	struct patient p[2] = { { .w = w }, { .w = w } };
	pthread_t thread[2];
	int client[2][2];

	w->manager.script.queued_ms = 60000;
	w->manager.script.slow = 1000;
	w->manager.script.slow_ms = 300;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client[i]), 0);
		p[i].client_fd = client[i][0];
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, wait_patiently, &p[i]), 0);
	assert_int_equal(close(client[1][1]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_null(p[1].conn);
	assert_int_equal(p[1].f.session_error, SHIM_SESSION_E_GONE);
	assert_non_null(p[0].conn);
	assert_int_equal(w->manager.counts.cancels, 1);
	shim_lease_drop(w->process, p[0].conn, CONTROL_CLOSE_DONE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(close(client[i][0]), 0);
	assert_int_equal(close(client[0][1]), 0);
}

static void done__wanted_lease__goes_back(void **state)
{
	struct shim_world *w = *state;
	struct shim_lease_failure f;
	struct shim_conn *conn = shim_world_take(w, 1, 0, &f);

	assert_non_null(conn);
	assert_true(lease_want(&conn->table->map->slot[conn->slot], conn->generation));
	shim_lease_done(w->process, conn);
	shim_world_wait(&w->manager.counts.returns, 1);
	assert_null(shim_world_get_pool(w, 1)->idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, shim_world_set_up, shim_world_tear_down)
		T(take__kept_lease__asks_nobody),
		T(take__revoked_lease__is_closed_and_asked_anew),
		T(take__late_bytes_on_a_kept_connection__uses_another),
		T(take__kept_connection_ended__uses_another),
		T(take__manager_of_another_boot__asks_for_the_pool_again),
		T(take__pool_unknown_for_ever__ends),
		T(take__pool_denied__tells_reason_and_text),
		T(take__hello_refused__waits_for_the_restart_and_tells),
		T(take__no_daemon__tells_errno),
		T(take__answer_too_late__cancels_and_gives_the_grant_back),
		T(take__queued__waits_as_long_as_the_manager_says),
		T(take__client_leaves_while_queued__cancels),
		T(take__one_client_of_two_leaves__only_that_one),
		T(done__wanted_lease__goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
