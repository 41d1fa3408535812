/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/support/t.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "daemon/base/listen_address.h"

static void parse__loopback_and_paths__taken(void **state)
{
	struct sockaddr_storage address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
	const struct sockaddr_un *path = (const struct sockaddr_un *)&address;
	socklen_t size;

	(void)state;
	assert_true(listen_address_parse("127.0.0.1:9797", &address, &size));
	assert_int_equal(size, sizeof(*four));
	assert_int_equal(four->sin_family, AF_INET);
	assert_int_equal(ntohs(four->sin_port), 9797);
	assert_int_equal(ntohl(four->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_true(listen_address_parse("127.4.3.2:65535", &address, &size));
	assert_true(listen_address_parse("[::1]:1", &address, &size));
	assert_int_equal(size, sizeof(*six));
	assert_int_equal(six->sin6_family, AF_INET6);
	assert_int_equal(ntohs(six->sin6_port), 1);
	assert_true(listen_address_parse("/run/m.sock", &address, &size));
	assert_int_equal(path->sun_family, AF_UNIX);
	assert_string_equal(path->sun_path, "/run/m.sock");
}

static void parse__others__refused(void **state)
{
	static const char *const rows[] = { "", "9797", ":9797", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:97x", "127.0.0.1: 97",
		"0.0.0.0:9797", "10.0.0.1:9797", "128.0.0.1:9797", "localhost:9797", "*:9797",
		"[::]:9797", "::1:9797", "[::1:9797", "::1]:9797", "[]:1", "[127.0.0.1]:9797",
		"relative/path", "1111111111111111111111111111111111111111111111111111111111:1" };
	struct sockaddr_storage address;
	char path[200];
	socklen_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (listen_address_parse(rows[i], &address, &size))
			fail_msg("'%s' was taken", rows[i]);
	}
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_false(listen_address_parse(path, &address, &size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse__loopback_and_paths__taken),
		cmocka_unit_test(parse__others__refused),
	};

	return cmocka_run_group_tests_name("listen_address", tests, NULL, NULL);
}
