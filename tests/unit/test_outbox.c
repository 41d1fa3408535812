/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/manager/outbox.h"
#include "tests/support/t.h"

#define LIMIT 8U

struct outbox_world {
	struct outbox o;
	int sock[2];
};

static int outbox_setup(void **state)
{
	static struct outbox_world w;

	outbox_init(&w.o, LIMIT);
	*state = &w;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, w.sock);
}

static int outbox_teardown(void **state)
{
	struct outbox_world *w = *state;

	outbox_deinit(&w->o);
	(void)close(w->sock[0]);
	(void)close(w->sock[1]);
	return 0;
}

static void outbox_send__room_in_the_socket__sent_at_once(void **state)
{
	struct outbox_world *w = *state;
	char data[8];

	assert_int_equal(outbox_send(&w->o, w->sock[0], "one", 3, NULL), 0);
	assert_int_equal(recv(w->sock[1], data, sizeof(data), 0), 3);
}

/* Number every message; whatever is sent at once or later, they arrive in order and whole. */
static void outbox_send__peer_does_not_read__queued_then_full_then_in_order(void **state)
{
	struct outbox_world *w = *state;
	unsigned sent = 0, queued = 0;
	char data[1000];
	int r;

	memset(data, 'x', sizeof(data));
	for (;; sent++) {
		memcpy(data, &sent, sizeof(sent));
		r = outbox_send(&w->o, w->sock[0], data, sizeof(data), NULL);
		if (r == OUTBOX_E_FULL)
			break;
		queued += r == OUTBOX_QUEUED;
		assert_true(r == 0 || r == OUTBOX_QUEUED);
	}
	assert_int_equal(queued, LIMIT);
	assert_int_equal(outbox_flush(&w->o, w->sock[0]), OUTBOX_QUEUED);
	for (unsigned i = 0; i < sent; i++) {
		unsigned number;

		assert_int_equal(recv(w->sock[1], data, sizeof(data), 0), sizeof(data));
		memcpy(&number, data, sizeof(number));
		assert_int_equal(number, i);
		r = outbox_flush(&w->o, w->sock[0]);
		assert_true(r == 0 || r == OUTBOX_QUEUED);
	}
	assert_int_equal(r, 0);
}

static void outbox_send__queued_with_fd__a_duplicate_arrives(void **state)
{
	struct outbox_world *w = *state;
	struct fdpass_set fds = { .count = 1 }, got = FDPASS_SET_EMPTY;
	char data[1000] = "";
	int own[2];

	assert_int_equal(pipe(own), 0);
	while (outbox_send(&w->o, w->sock[0], data, sizeof(data), NULL) == 0)
		continue;
	fds.fd[0] = own[1];
	assert_int_equal(outbox_send(&w->o, w->sock[0], "fd", 2, &fds), OUTBOX_QUEUED);
	(void)close(own[1]); /* it was not consumed, and is not needed any more */
	while (fdpass_recv(w->sock[1], data, sizeof(data), &got, 1, 0) != 2)
		assert_true(outbox_flush(&w->o, w->sock[0]) >= 0);
	assert_int_equal(got.count, 1);
	assert_int_equal(write(got.fd[0], "x", 1), 1);
	assert_int_equal(read(own[0], data, 1), 1);
	fdpass_close(&got);
	(void)close(own[0]);
}

static void outbox_send__peer_gone__epipe(void **state)
{
	struct outbox_world *w = *state;

	(void)close(w->sock[1]);
	w->sock[1] = -1;
	assert_int_equal(outbox_send(&w->o, w->sock[0], "x", 1, NULL), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outbox_send__room_in_the_socket__sent_at_once,
			outbox_setup, outbox_teardown),
		cmocka_unit_test_setup_teardown(
			outbox_send__peer_does_not_read__queued_then_full_then_in_order,
			outbox_setup, outbox_teardown),
		cmocka_unit_test_setup_teardown(outbox_send__queued_with_fd__a_duplicate_arrives,
			outbox_setup, outbox_teardown),
		cmocka_unit_test_setup_teardown(
			outbox_send__peer_gone__epipe, outbox_setup, outbox_teardown),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
