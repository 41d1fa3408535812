/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/fdpass.h"
#include "tests/support/t.h"

struct pair {
	int a;
	int b;
	size_t open_before; /* descriptors of the process */
};

static size_t count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, one stream */
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static int setup(void **state)
{
	static struct pair p;
	int fds[2];

	p.open_before = count_open();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	p.a = fds[0];
	p.b = fds[1];
	*state = &p;
	return 0;
}

/* Whatever a test did: no descriptor may be left. */
static int teardown(void **state)
{
	struct pair *p = *state;

	if (p->a >= 0)
		(void)close(p->a);
	if (p->b >= 0)
		(void)close(p->b);
	return count_open() == p->open_before ? 0 : -1;
}

static bool is_same_file(int a, int b)
{
	struct stat x;
	struct stat y;

	assert_int_equal(fstat(a, &x), 0);
	assert_int_equal(fstat(b, &y), 0);
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void send__no_descriptors__only_data(void **state)
{
	struct pair *p = *state;
	struct fdpass_set got = FDPASS_SET_EMPTY;
	char data[8];

	assert_int_equal(fdpass_send(p->a, "abc", 3, NULL, 0), 0);
	assert_int_equal(fdpass_recv(p->b, data, sizeof(data), &got, FDPASS_MAX, 0), 3);
	assert_memory_equal(data, "abc", 3);
	assert_int_equal(got.count, 0);
}

static void send__each_count__same_files_and_cloexec(void **state)
{
	struct pair *p = *state;

	for (size_t count = 0; count <= FDPASS_MAX; count++) {
		struct fdpass_set sent = FDPASS_SET_EMPTY;
		struct fdpass_set got = FDPASS_SET_EMPTY;
		char data[8];

		for (size_t i = 0; i < count; i++)
			sent.fd[sent.count++] = i % 2 ? p->a : p->b;
		assert_int_equal(fdpass_send(p->a, "x", 1, &sent, 0), 0);
		assert_int_equal(fdpass_recv(p->b, data, sizeof(data), &got, count, 0), 1);
		assert_int_equal(got.count, count);
		for (size_t i = 0; i < count; i++) {
			assert_int_not_equal(got.fd[i], sent.fd[i]);
			assert_true(is_same_file(got.fd[i], sent.fd[i]));
			assert_true(fcntl(got.fd[i], F_GETFD) & FD_CLOEXEC);
		}
		fdpass_close(&got);
		assert_int_equal(got.count, 0);
	}
}

static void recv__more_descriptors_than_wanted__refused_and_closed(void **state)
{
	struct pair *p = *state;

	for (size_t wanted = 0; wanted < FDPASS_MAX; wanted++) {
		struct fdpass_set sent = { .fd = { 0, 1, 2, p->a }, .count = wanted + 1 };
		struct fdpass_set got = { .fd = { -7, -7, -7, -7 }, .count = 77 };
		size_t before = count_open();
		char data[8];

		assert_int_equal(fdpass_send(p->a, "x", 1, &sent, 0), 0);
		assert_int_equal(fdpass_recv(p->b, data, sizeof(data), &got, wanted, 0), -EBADMSG);
		assert_int_equal(got.count, 77); /* written on success only */
		assert_int_equal(count_open(), before);
	}
}

/* More than any set holds, by hand: the kernel cuts, and what it did install is closed. */
static void recv__more_descriptors_than_a_set__refused_and_closed(void **state)
{
	enum {
		COUNT = 20
	};
	struct pair *p = *state;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * COUNT)];
	} control = { .space = { 0 } };
	char byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
	struct fdpass_set got = FDPASS_SET_EMPTY;
	size_t before = count_open();

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int) * COUNT);
	memset(CMSG_DATA(header), 0, sizeof(int) * COUNT); /* descriptor 0, many times */
	assert_int_equal(sendmsg(p->a, &msg, 0), 1);
	assert_int_equal(fdpass_recv(p->b, &byte, 1, &got, FDPASS_MAX, 0), -EBADMSG);
	assert_int_equal(got.count, 0);
	assert_int_equal(count_open(), before);
}

static void recv__data_longer_than_buffer__refused_and_closed(void **state)
{
	struct pair *p = *state;
	struct fdpass_set sent = { .fd = { 0, 1, -1, -1 }, .count = 2 };
	struct fdpass_set got = FDPASS_SET_EMPTY;
	size_t before = count_open();
	char data[3];

	assert_int_equal(fdpass_send(p->a, "abcd", 4, &sent, 0), 0);
	assert_int_equal(fdpass_recv(p->b, data, sizeof(data), &got, 2, 0), -EBADMSG);
	assert_int_equal(count_open(), before);
}

static void recv__peer_closed__zero(void **state)
{
	struct pair *p = *state;
	struct fdpass_set got = FDPASS_SET_EMPTY;
	char data[8];

	(void)close(p->a);
	p->a = -1;
	assert_int_equal(fdpass_recv(p->b, data, sizeof(data), &got, FDPASS_MAX, 0), 0);
	assert_int_equal(got.count, 0);
}

static void recv__nothing_there__eagain(void **state)
{
	struct pair *p = *state;
	struct fdpass_set got = FDPASS_SET_EMPTY;
	char data[8];

	assert_int_equal(
		fdpass_recv(p->b, data, sizeof(data), &got, FDPASS_MAX, MSG_DONTWAIT), -EAGAIN);
}

/* Without MSG_NOSIGNAL this would end the test program. */
static void send__peer_closed__epipe(void **state)
{
	struct pair *p = *state;

	(void)close(p->b);
	p->b = -1;
	assert_int_equal(fdpass_send(p->a, "x", 1, NULL, 0), -EPIPE);
}

static void send__peer_does_not_read__eagain(void **state)
{
	static const char data[4096];
	struct pair *p = *state;
	int r = 0;

	for (unsigned i = 0; !r && i < 100000; i++)
		r = fdpass_send(p->a, data, sizeof(data), NULL, MSG_DONTWAIT);
	assert_int_equal(r, -EAGAIN);
}

static void send__mistakes_of_the_caller__einval(void **state)
{
	struct pair *p = *state;
	struct fdpass_set many = { .fd = { 0, 1, 2, 0 }, .count = FDPASS_MAX + 1 };

	assert_int_equal(fdpass_send(p->a, "x", 1, &many, 0), -EINVAL);
	assert_int_equal(fdpass_send(p->a, "", 0, NULL, 0), -EINVAL);
	many.count = 1;
	many.fd[0] = -1;
	assert_int_equal(fdpass_send(p->a, "x", 1, &many, 0), -EBADF);
}

static void steal__taken__not_closed_with_the_set(void **state)
{
	struct fdpass_set set = { .fd = { dup(0), dup(0), -1, -1 }, .count = 2 };
	int stolen = fdpass_steal(&set, 1);

	(void)state;
	assert_true(stolen >= 0);
	assert_int_equal(fdpass_steal(&set, 1), -1);
	assert_int_equal(fdpass_steal(&set, 2), -1);
	assert_int_equal(fdpass_steal(&set, SIZE_MAX), -1);
	fdpass_close(&set);
	assert_true(fcntl(stolen, F_GETFD) >= 0);
	(void)close(stolen);
	fdpass_close(&set); /* empty: nothing to do */
}

#define pair_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(send__no_descriptors__only_data),
		pair_test(send__each_count__same_files_and_cloexec),
		pair_test(recv__more_descriptors_than_wanted__refused_and_closed),
		pair_test(recv__more_descriptors_than_a_set__refused_and_closed),
		pair_test(recv__data_longer_than_buffer__refused_and_closed),
		pair_test(recv__peer_closed__zero),
		pair_test(recv__nothing_there__eagain),
		pair_test(send__peer_closed__epipe),
		pair_test(send__peer_does_not_read__eagain),
		pair_test(send__mistakes_of_the_caller__einval),
		pair_test(steal__taken__not_closed_with_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
