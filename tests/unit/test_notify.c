/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/supervisor/notify.h"
#include "tests/support/t.h"

#define PID 4711

/* A service manager that listens. */
struct ears {
	char dir[64];
	struct sockaddr_un address;
	int fd;
	char said[256];
};

static int ears_make(void **state)
{
	struct ears *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	(void)snprintf(e->dir, sizeof(e->dir), "/tmp/lsapid-notify-XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	e->address.sun_family = AF_UNIX;
	(void)snprintf(e->address.sun_path, sizeof(e->address.sun_path), "%s/notify", e->dir);
	e->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(e->fd, (const struct sockaddr *)&e->address, sizeof(e->address)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", e->address.sun_path, 1), 0);
	*state = e;
	return 0;
}

static int ears_remove(void **state)
{
	struct ears *e = *state;

	(void)unlink(e->address.sun_path);
	(void)rmdir(e->dir);
	(void)fd_close(e->fd);
	free(e);
	return 0;
}

/* The next datagram; "" if there is none. */
static const char *hear(struct ears *e)
{
	ssize_t n = recv(e->fd, e->said, sizeof(e->said) - 1, 0);

	e->said[n > 0 ? n : 0] = '\0';
	return e->said;
}

static void begin(struct notify *n, const char *usec, const char *pid)
{
	if (usec)
		assert_int_equal(setenv("WATCHDOG_USEC", usec, 1), 0);
	if (pid)
		assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	notify_init(n, PID, NS_PER_S);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void ready__path__heard(void **state)
{
	struct notify n;

	begin(&n, NULL, NULL);
	notify_ready(&n);
	assert_string_equal(hear(*state), "READY=1");
	assert_true(notify_next_ns(&n) == UINT64_MAX);
	notify_on_time(&n, UINT64_MAX - 1);
	assert_string_equal(hear(*state), "");
	notify_deinit(&n);
}

static void ready__abstract_name__heard(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ears abstract = { .fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
	struct notify n;
	int size;

	(void)state;
	size = snprintf(address.sun_path, sizeof(address.sun_path), "@lsapid-test-%d", getpid());
	assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
	address.sun_path[0] = '\0';
	assert_int_equal(bind(abstract.fd, (const struct sockaddr *)&address,
				 (socklen_t)(sizeof(address.sun_family) + (size_t)size)),
		0);
	begin(&n, NULL, NULL);
	notify_ready(&n);
	assert_string_equal(hear(&abstract), "READY=1");
	notify_deinit(&n);
	(void)fd_close(abstract.fd);
}

static void send__nobody_or_nonsense__nothing_happens(void **state)
{
	static const char *const names[] = { "", "relative", "/no/such/socket" };
	char long_name[200];
	struct notify n;

	for (size_t i = 0; i < T_COUNT(names); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		begin(&n, "1000000", NULL);
		notify_ready(&n);
		notify_deinit(&n);
	}
	memset(long_name, 'x', sizeof(long_name));
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", long_name, 1), 0);
	begin(&n, "1000000", NULL);
	assert_int_equal(n.fd, -1);
	assert_true(notify_next_ns(&n) == UINT64_MAX);
	notify_init(&n, PID, NS_PER_S);
	notify_ready(&n);
	assert_string_equal(hear(*state), "");
	notify_deinit(&n);
}

static void watchdog__ours__told_twice_in_its_time(void **state)
{
	struct notify n;

	begin(&n, "3000000", "4711");
	assert_true(notify_next_ns(&n) == NS_PER_S);
	notify_on_time(&n, NS_PER_S);
	assert_string_equal(hear(*state), "WATCHDOG=1");
	assert_true(notify_next_ns(&n) == NS_PER_S + 1500 * NS_PER_MS);
	notify_on_time(&n, NS_PER_S + 1499 * NS_PER_MS);
	assert_string_equal(hear(*state), "");
	notify_on_time(&n, NS_PER_S + 1500 * NS_PER_MS);
	assert_string_equal(hear(*state), "WATCHDOG=1");
	notify_deinit(&n);
}

static void watchdog__of_another_process_or_nonsense__not_told(void **state)
{
	static const struct {
		const char *usec, *pid;
	} cases[] = {
		{ "3000000", "4712" },
		{ "3000000", "x" },
		{ "0", NULL },
		{ "-1", NULL },
		{ "99999999999999999999999", NULL },
	};
	struct ears *e = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct notify n;

		assert_int_equal(setenv("NOTIFY_SOCKET", e->address.sun_path, 1), 0);
		begin(&n, cases[i].usec, cases[i].pid);
		T_ASSERT_ROW(cases[i].usec, notify_next_ns(&n) == UINT64_MAX);
		notify_deinit(&n);
	}
}

static void reloading__says_a_time_of_now(void **state)
{
	uint64_t before = clock_now_ns() / NS_PER_US;
	unsigned long long said = 0;
	struct notify n;

	begin(&n, NULL, NULL);
	notify_reloading(&n);
	assert_int_equal(sscanf(hear(*state), "RELOADING=1\nMONOTONIC_USEC=%llu", &said), 1);
	assert_true(said >= before && said <= clock_now_ns() / NS_PER_US);
	notify_deinit(&n);
}

static void stopping__asks_for_the_time_it_takes(void **state)
{
	struct notify n;

	begin(&n, NULL, NULL);
	notify_stopping(&n, 61 * NS_PER_S);
	assert_string_equal(hear(*state),
		"STOPPING=1\nSTATUS=Stopping: waiting for requests under way\n"
		"EXTEND_TIMEOUT_USEC=61000000");
	notify_deinit(&n);
}

#define WITH_EARS(f) cmocka_unit_test_setup_teardown(f, ears_make, ears_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_EARS(ready__path__heard),
		WITH_EARS(ready__abstract_name__heard),
		WITH_EARS(send__nobody_or_nonsense__nothing_happens),
		WITH_EARS(watchdog__ours__told_twice_in_its_time),
		WITH_EARS(watchdog__of_another_process_or_nonsense__not_told),
		WITH_EARS(reloading__says_a_time_of_now),
		WITH_EARS(stopping__asks_for_the_time_it_takes),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
