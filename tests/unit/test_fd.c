/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "tests/support/t.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void close__open_or_empty__minus_one_and_errno_kept(void **state)
{
	int fd = dup(0);

	(void)state;
	assert_true(fd >= 0);
	errno = EPERM;
	assert_int_equal(fd_close(fd), -1);
	assert_int_equal(fd_close(-1), -1);
	assert_int_equal(fd_close(1 << 20), -1);
	assert_int_equal(errno, EPERM);
	assert_false(is_open(fd));
}

static void steal__open__place_is_empty(void **state)
{
	int fd = dup(0);
	int stolen;

	(void)state;
	stolen = fd_steal(&fd);
	assert_int_equal(fd, -1);
	assert_true(is_open(stolen));
	assert_int_equal(fd_steal(&fd), -1);
	fd_cleanup(&stolen);
	assert_int_equal(stolen, -1);
}

static int owner_dies(int *ret_number)
{
	ATTR_CLEANUP(fd_cleanup) int fd = dup(0);

	*ret_number = fd;
	return fd;
}

static void cleanup__end_of_scope__closed(void **state)
{
	int number = -1;

	(void)state;
	assert_true(owner_dies(&number) >= 0);
	assert_false(is_open(number));
}

static void set_flags__on_and_off__as_told(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_set_nonblock(fds[0], 1), 0);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblock(fds[0], 1), 0);
	assert_int_equal(fd_set_nonblock(fds[0], 0), 0);
	assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_cloexec(fds[0], 0), 0);
	assert_false(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fd_set_cloexec(fds[0], 1), 0);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_int_equal(fd_set_nonblock(-1, 1), -EBADF);
	assert_int_equal(fd_set_cloexec(-1, 1), -EBADF);
}

static void memfd__any_size__sealed_copy(void **state)
{
	static char data[100000];
	static const size_t sizes[] = { 0, 1, 4096, sizeof(data) };

	(void)state;
	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		int fd = fd_memfd("test", data, sizes[i]);
		char *copy = NULL;
		size_t size = 4711;

		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		assert_int_equal(fd_read_all(fd, sizes[i], &copy, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(copy, data, size);
		assert_int_equal(copy[size], '\0');
		free(copy);
		/* nobody changes it any more */
		assert_int_equal(pwrite(fd, "y", 1, 0), -1);
		assert_int_equal(ftruncate(fd, 200000), -1);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
		assert_int_equal(fd_close(fd), -1);
	}
}

static void read_all__larger_than_allowed__efbig(void **state)
{
	int fd = fd_memfd("test", "abcd", 4);
	char *data = NULL;
	size_t size = 4711;

	(void)state;
	assert_int_equal(fd_read_all(fd, 3, &data, &size), -EFBIG);
	assert_null(data);
	assert_int_equal(size, 4711);
	/* from its start, wherever the offset is */
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_int_equal(fd_read_all(fd, 4, &data, &size), 0);
	assert_string_equal(data, "abcd");
	free(data);
	assert_int_equal(fd_close(fd), -1);
}

static void read_all__no_regular_file__refused(void **state)
{
	char *data = NULL;
	size_t size = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_read_all(fds[0], 10, &data, &size), -EINVAL);
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_int_equal(fd_read_all(-1, 10, &data, &size), -EBADF);
	assert_null(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close__open_or_empty__minus_one_and_errno_kept),
		cmocka_unit_test(steal__open__place_is_empty),
		cmocka_unit_test(cleanup__end_of_scope__closed),
		cmocka_unit_test(set_flags__on_and_off__as_told),
		cmocka_unit_test(memfd__any_size__sealed_copy),
		cmocka_unit_test(read_all__larger_than_allowed__efbig),
		cmocka_unit_test(read_all__no_regular_file__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
