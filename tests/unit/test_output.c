/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lsphp/output.h"
#include "tests/support/t.h"

/** A sequenced socket keeps writes apart: what one read gives was one write. */
struct fixture {
	int peer;
	struct retire retire;
	struct conn conn;
	struct output output;
	uint8_t got[1024 * 1024];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd[2];
	if (!f || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) < 0)
		return -1;
	int room = (int)sizeof(f->got);
	(void)setsockopt(fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	f->peer = fd[1];
	conn_init(&f->conn, &f->retire);
	f->conn.fd = fd[0];
	output_init(&f->output, &f->conn);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	output_deinit(&f->output);
	conn_close(&f->conn);
	(void)close(f->peer);
	free(f);
	return 0;
}

static size_t receive(struct fixture *f)
{
	ssize_t got = recv(f->peer, f->got, sizeof(f->got), MSG_DONTWAIT);
	return got > 0 ? (size_t)got : 0;
}

static void put_header(struct fixture *f)
{
	static const char line[] = "X: y";
	const uint32_t line_size = sizeof(line) - 1;
	size_t size = lsapi_response_header_size(&line_size, 1);
	uint8_t *room = output_reserve_header(&f->output, size);
	struct lsapi_response_encoder e;
	lsapi_response_encode_init(&e, room, size, 1, 200);
	lsapi_response_encode_line(&e, line, line_size);
	assert_int_equal(lsapi_response_encode_finish(&e, &size), 0);
	output_commit_header(&f->output, size);
}

/** decode() - the bytes of one write by the decoder of the other side; body bytes, @ret_end */
static size_t decode(const struct fixture *f, size_t size, bool *ret_end, bool *ret_close)
{
	struct lsapi_response_decoder d;
	lsapi_response_init(&d);
	size_t body = 0;
	*ret_end = false;
	*ret_close = false;
	for (size_t at = 0; at < size;) {
		struct lsapi_event event;
		size_t used;
		lsapi_response_decode(&d, f->got + at, size - at, &used, &event);
		at += used;
		assert_int_not_equal(event.type, LSAPI_EV_ERROR);
		body += event.type == LSAPI_EV_BODY ? event.bytes.size : 0;
		*ret_end = *ret_end || event.type == LSAPI_EV_END;
		*ret_close = *ret_close || event.type == LSAPI_EV_CLOSE;
	}
	return body;
}

static void output_end__small_response__one_write(void **state)
{
	struct fixture *f = *state;
	static const size_t size[] = { 0, 1, LSAPI_STREAM_MAX, LSAPI_STREAM_MAX + 1,
		OUTPUT_BUFFER_SIZE };
	uint8_t *text = calloc(1, OUTPUT_BUFFER_SIZE);
	for (size_t i = 0; i < T_COUNT(size); i++) {
		bool closes = i % 2 == 1;
		bool has_end, has_close;
		output_begin(&f->output);
		put_header(f);
		assert_true(output_write(&f->output, text, size[i]));
		assert_int_equal(receive(f), 0);
		output_end(&f->output, NULL, closes);
		assert_int_equal(decode(f, receive(f), &has_end, &has_close), size[i]);
		assert_true(has_end);
		assert_int_equal(has_close, closes);
		assert_int_equal(receive(f), 0);
	}
	free(text);
}

static void output_write__beyond_the_buffer__all_of_it_in_order(void **state)
{
	struct fixture *f = *state;
	static const char first[] = "first";
	size_t size = OUTPUT_BUFFER_SIZE;
	uint8_t *text = malloc(size);
	memset(text, 'x', size);
	output_begin(&f->output);
	put_header(f);
	assert_true(output_write(&f->output, first, 5));
	assert_true(output_write(&f->output, text, size));
	bool has_end, has_close;
	assert_int_equal(decode(f, receive(f), &has_end, &has_close), size + 5);
	assert_false(has_end);
	output_end(&f->output, NULL, false);
	assert_int_equal(receive(f), LSAPI_PACKET_HEADER_SIZE);
	free(text);
}

static void output_flush__nothing_there__no_write(void **state)
{
	struct fixture *f = *state;
	output_begin(&f->output);
	assert_true(output_flush(&f->output));
	assert_int_equal(receive(f), 0);
	put_header(f);
	assert_true(output_flush(&f->output));
	assert_true(receive(f) > 0);
	assert_true(output_flush(&f->output));
	assert_int_equal(receive(f), 0);
}

static void output_stderr__long_text__split_with_one_newline(void **state)
{
	struct fixture *f = *state;
	char text[40000];
	memset(text, 'e', sizeof(text));
	output_begin(&f->output);
	assert_true(output_stderr(&f->output, text, sizeof(text)));
	size_t total = 0;
	size_t newlines = 0;
	for (size_t got = receive(f); got > 0; got = receive(f)) {
		assert_true(got <= LSAPI_PACKET_HEADER_SIZE + LSAPI_STREAM_MAX);
		total += got - LSAPI_PACKET_HEADER_SIZE;
		for (size_t i = LSAPI_PACKET_HEADER_SIZE; i < got; i++)
			newlines += f->got[i] == '\n';
	}
	assert_int_equal(total, sizeof(text) + 1);
	assert_int_equal(newlines, 1);
}

static void output__client_gone__said_and_remembered(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(
		shutdown(f->conn.fd, SHUT_WR), 0); /* EPIPE, without the signal's default */
	output_begin(&f->output);
	put_header(f);
	assert_true(output_write(&f->output, "x", 1));
	assert_false(output_flush(&f->output));
	assert_true(f->conn.is_broken);
	assert_false(output_write(&f->output, "x", 1));
	output_end(&f->output, NULL, false);
	assert_true(f->output.has_ended);
}

static void output__forked_copy__never_writes(void **state)
{
	struct fixture *f = *state;
	output_begin(&f->output);
	put_header(f);
	f->retire.is_copy = 1;
	output_end(&f->output, NULL, false);
	assert_int_equal(receive(f), 0);
	f->retire.is_copy = 0;
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			output_end__small_response__one_write, setup, teardown),
		cmocka_unit_test_setup_teardown(
			output_write__beyond_the_buffer__all_of_it_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			output_flush__nothing_there__no_write, setup, teardown),
		cmocka_unit_test_setup_teardown(
			output_stderr__long_text__split_with_one_newline, setup, teardown),
		cmocka_unit_test_setup_teardown(
			output__client_gone__said_and_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(output__forked_copy__never_writes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
