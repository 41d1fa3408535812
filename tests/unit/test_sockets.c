/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/t.h"

#define REST " 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0\n"

static void parse_link__each_target__number_or_none(void **state)
{
	(void)state;
	assert_int_equal(sockets_parse_link("socket:[4711]"), 4711);
	assert_int_equal(sockets_parse_link("socket:[x"), 0);
	assert_int_equal(sockets_parse_link("/tmp/socket:[1]"), 0);
	assert_int_equal(sockets_parse_link("pipe:[1]"), 0);
	assert_int_equal(sockets_parse_link(""), 0);
}

/* As a little-endian machine writes them. */
static void parse_line__each_line__peer_or_none(void **state)
{
	static const struct {
		const char *name, *line, *text; /* NULL: no such line */
	} rows[] = {
		{ "tcp", "   0: 0100007F:A028 0100007F:0CEA 01" REST,
			"tcp 127.0.0.1:3306 established" },
		{ "tcp", " 120: 00000000:0050 00000000:0000 0A" REST, "tcp 0.0.0.0:0 listening" },
		{ "udp", "1: 0100007F:A028 08080808:0035 01" REST, "udp 8.8.8.8:53 established" },
		{ "tcp6",
			"0: 00000000000000000000000001000000:1F90 B80D01200000000000000000"
			"01000000:01BB 02" REST,
			"tcp [2001:db8::1]:443 connecting" },
		{ "tcp", "0: 0100007F:A028 0100007F:0CEA FF" REST, "tcp 127.0.0.1:3306 ?" },
		{ "tcp",
			"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
			NULL },
		{ "tcp", "0: 0100007F:A028 0100007F0CEA 01" REST, NULL },
		{ "tcp", "0: 0100007F:A028 0100007:0CEA 01" REST, NULL },
		{ "tcp6", "0: 0100007F:A028 0100007F:0CEA 01" REST, NULL },
		{ "tcp", "0: 0100007F:A028 0100007F:0CEA 01 0:0 0:0 0 1000 0", NULL },
		{ "tcp", "0: 0100007F:A028 0100007F:0CEA 01 0:0 0:0 0 1000 0 0", NULL },
		{ "tcp", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct socket_peer peer = { .inode = 0 };
		char line[256];

		(void)snprintf(line, sizeof(line), "%s", rows[i].line);
		T_ASSERT_ROW(rows[i].line,
			sockets_parse_line(rows[i].name, line, &peer) == (rows[i].text != NULL));
		T_ASSERT_ROW(rows[i].line,
			!rows[i].text ||
				(peer.inode == 4711 && strcmp(peer.text, rows[i].text) == 0));
	}
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void find__own_sockets__named(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(in);
	int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int tcp_client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int path = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int path_client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[sizeof(un.sun_path) + 32];

	(void)state;
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/test_sockets.%d", getpid());
	assert_int_equal(bind(tcp, (void *)&in, sizeof(in)) | listen(tcp, 1), 0);
	assert_int_equal(getsockname(tcp, (void *)&in, &size), 0);
	assert_int_equal(connect(tcp_client, (void *)&in, sizeof(in)), 0);
	assert_int_equal(bind(path, (void *)&un, sizeof(un)) | listen(path, 1), 0);
	assert_int_equal(connect(path_client, (void *)&un, sizeof(un)), 0);
	int accepted = accept4(path, NULL, NULL, SOCK_CLOEXEC);

	assert_true(accepted >= 0);
	struct socket_peer peers[] = { { .inode = inode_of(tcp_client) },
		{ .inode = inode_of(path_client) }, { .inode = UINT32_MAX } };

	sockets_find(proc, peers, T_COUNT(peers), UINT64_MAX);
	(void)snprintf(text, sizeof(text), "tcp 127.0.0.1:%u established", ntohs(in.sin_port));
	assert_string_equal(peers[0].text, text);
	(void)snprintf(text, sizeof(text), "unix %s established", un.sun_path);
	assert_string_equal(peers[1].text, text);
	assert_string_equal(peers[2].text, "");
	/* no time, no answer; but never a wait */
	peers[0].text[0] = '\0';
	sockets_find(proc, peers, 1, 0);
	assert_string_equal(peers[0].text, "");
	(void)unlink(un.sun_path);
	(void)close(accepted);
	(void)close(proc);
	(void)close(tcp);
	(void)close(tcp_client);
	(void)close(path);
	(void)close(path_client);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_link__each_target__number_or_none),
		cmocka_unit_test(parse_line__each_line__peer_or_none),
		cmocka_unit_test(find__own_sockets__named),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
