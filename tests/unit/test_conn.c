/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lsphp/conn.h"
#include "tests/support/t.h"

struct fixture {
	int peer;
	struct retire retire;
	struct conn conn;
	struct lsapi_request_encoder encoder;
	uint8_t packet[LSAPI_REQUEST_MAX];
	size_t packet_size;
};

/** build() - a request that announces @body_size bytes */
static void build(struct fixture *f, uint64_t body_size)
{
	static const char *const env[][2] = { { "SCRIPT_FILENAME", "/a.php" },
		{ "SCRIPT_NAME", "/a.php" }, { "QUERY_STRING", "" }, { "REQUEST_METHOD", "GET" } };
	lsapi_request_encode_init(&f->encoder, f->packet, sizeof(f->packet));
	for (size_t i = 0; i < T_COUNT(env); i++)
		lsapi_request_encode_env(
			&f->encoder, env[i][0], strlen(env[i][0]), env[i][1], strlen(env[i][1]));
	assert_int_equal(lsapi_request_encode_finish(&f->encoder, body_size, &f->packet_size), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd[2];
	if (!f || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
		return -1;
	f->peer = fd[1];
	conn_init(&f->conn, &f->retire);
	conn_open(&f->conn, fd[0], 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	conn_close(&f->conn);
	(void)close(f->peer);
	free(f);
	return 0;
}

static void put(struct fixture *f, const void *data, size_t size)
{
	assert_int_equal(send(f->peer, data, size, MSG_DONTWAIT), (ssize_t)size);
}

static void conn_read_request__several_at_once__one_after_the_other(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 3; i++) {
		build(f, 4);
		put(f, f->packet, f->packet_size);
		put(f, "body", 4);
	}
	for (int i = 0; i < 3; i++) {
		struct lsapi_request request;
		char body[8];
		assert_int_equal(conn_read_request(&f->conn, &request), 0);
		assert_string_equal(request.script_file, "/a.php");
		if (i > 0) { /* the first is not read by its script */
			assert_int_equal(conn_read_body(&f->conn, body, sizeof(body)), 4);
			assert_memory_equal(body, "body", 4);
			assert_int_equal(conn_read_body(&f->conn, body, sizeof(body)), 0);
		}
		assert_true(conn_next(&f->conn, 100));
	}
	assert_int_equal(f->conn.input_size, 0);
}

static void conn_read_request__end_and_idle__told_apart(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request request;
	assert_int_equal(conn_read_request(&f->conn, &request), CONN_E_IDLE);
	assert_int_equal(shutdown(f->peer, SHUT_WR), 0);
	assert_int_equal(conn_read_request(&f->conn, &request), CONN_E_EOF);
}

static void conn_read_request__every_truncation__is_bad(void **state)
{
	struct fixture *f = *state;
	build(f, 0);
	for (size_t size = 1; size < f->packet_size; size += 7) {
		int fd[2];
		struct lsapi_request request;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		conn_close(&f->conn);
		conn_open(&f->conn, fd[0], 1);
		assert_int_equal(send(fd[1], f->packet, size, 0), (ssize_t)size);
		(void)close(fd[1]);
		assert_int_equal(conn_read_request(&f->conn, &request), CONN_E_BAD);
	}
}

static void conn_read_request__wrong_packets__refused_by_their_header(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		uint8_t header[LSAPI_PACKET_HEADER_SIZE];
		int detail;
	} rows[] = {
		{ "magic", { 'X', 'S', 1, 0, 200, 0, 0, 0 }, LSAPI_E_MAGIC },
		{ "type", { 'L', 'S', 3, 0, 200, 0, 0, 0 }, LSAPI_E_TYPE },
		{ "short", { 'L', 'S', 1, 0, 7, 0, 0, 0 }, LSAPI_E_LENGTH },
		{ "long", { 'L', 'S', 1, 0, 0, 0, 1, 0 }, LSAPI_E_LENGTH },
		{ "negative", { 'L', 'S', 1, 0, 0, 0, 0, 0x80 }, LSAPI_E_LENGTH },
	};
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct lsapi_request request;
		f->conn.input_size = 0;
		put(f, rows[i].header, sizeof(rows[i].header));
		int error = conn_read_request(&f->conn, &request);
		T_ASSERT_ROW(rows[i].name, error == CONN_E_BAD);
		T_ASSERT_ROW(rows[i].name, f->conn.bad_detail == rows[i].detail);
	}
}

static void conn_read_request__cut_by_a_signal__only_with_the_whole_body(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request request;
	uint8_t body[CONN_INPUT_SIZE + 1] = { 0 };
	build(f, sizeof(body));
	put(f, f->packet, f->packet_size);
	put(f, body, sizeof(body));
	f->retire.is_cut = 1;
	assert_int_equal(conn_read_request(&f->conn, &request), 0);
	assert_true(conn_next(&f->conn, sizeof(body)));

	put(f, f->packet, f->packet_size);
	put(f, body, sizeof(body) - 1);
	assert_int_equal(conn_read_request(&f->conn, &request), CONN_E_EOF);
}

static void conn_next__more_than_the_limit_unread__connection_ends(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request request;
	build(f, 101);
	put(f, f->packet, f->packet_size);
	assert_int_equal(conn_read_request(&f->conn, &request), 0);
	assert_false(conn_next(&f->conn, 100));
}

static void conn_read_body__client_ends_early__shorter(void **state)
{
	struct fixture *f = *state;
	struct lsapi_request request;
	char body[10];
	build(f, 10);
	put(f, f->packet, f->packet_size);
	put(f, "part", 4);
	assert_int_equal(conn_read_request(&f->conn, &request), 0);
	assert_int_equal(shutdown(f->peer, SHUT_WR), 0);
	assert_int_equal(conn_read_body(&f->conn, body, sizeof(body)), 4);
	assert_false(conn_next(&f->conn, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			conn_read_request__several_at_once__one_after_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(
			conn_read_request__end_and_idle__told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(
			conn_read_request__every_truncation__is_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(
			conn_read_request__wrong_packets__refused_by_their_header, setup, teardown),
		cmocka_unit_test_setup_teardown(
			conn_read_request__cut_by_a_signal__only_with_the_whole_body, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			conn_next__more_than_the_limit_unread__connection_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(
			conn_read_body__client_ends_early__shorter, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
