/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/attr.h"
#include "daemon/base/clock.h"
#include "daemon/base/fd.h"

#define BUFFER_SIZE 16384U
#define ANSWER_SIZE 1024U
/* Words of a line up to the inode, which is the tenth. */
#define LINE_WORDS 10U

uint64_t sockets_parse_link(const char *target)
{
	static const char prefix[] = "socket:[";

	if (strncmp(target, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	return strtoull(target + sizeof(prefix) - 1, NULL, 10);
}

/* --- those of the internet ------------------------------------------------------------------ */

static const char *state_name(unsigned long state)
{
	static const char *const names[] = { NULL, "established", "connecting", "accepting",
		"closing", "closing", "closing", "unconnected", "half-closed", "closing",
		"listening", "closing" };

	return state > 0 && state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

/* "0100007F:0CEA": each 32 bits as a number of this machine. */
static bool parse_address(const char *word, bool is_6, char *out, size_t size)
{
	uint32_t part[4] = { 0 };
	char address[INET6_ADDRSTRLEN], digits[9] = "";
	size_t count = is_6 ? 4 : 1;

	if (strspn(word, "0123456789ABCDEF") != 8 * count || word[8 * count] != ':')
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(digits, word + 8 * i, 8);
		part[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	if (!inet_ntop(is_6 ? AF_INET6 : AF_INET, part, address, sizeof(address)))
		return false;
	(void)snprintf(out, size, is_6 ? "[%s]:%lu" : "%s:%lu", address,
		strtoul(word + 8 * count + 1, NULL, 16));
	return true;
}

bool sockets_parse_line(const char *name, char *line, struct socket_peer *ret_peer)
{
	char *word[LINE_WORDS] = { NULL };
	char address[INET6_ADDRSTRLEN + 16];
	size_t count = 0;
	char *rest = NULL;

	for (char *w = strtok_r(line, " \n", &rest); w && count < LINE_WORDS;
		w = strtok_r(NULL, " \n", &rest))
		word[count++] = w;
	if (count < LINE_WORDS ||
		!parse_address(word[2], strchr(name, '6'), address, sizeof(address)))
		return false;
	ret_peer->inode = strtoull(word[9], NULL, 10);
	(void)snprintf(ret_peer->text, sizeof(ret_peer->text), "%.3s %s %s", name, address,
		state_name(strtoul(word[3], NULL, 16)));
	return ret_peer->inode != 0;
}

/* Return: how many are not known yet */
static size_t take_peer(struct socket_peer *peers, size_t count, const struct socket_peer *found)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (found && peers[i].inode == found->inode)
			memcpy(peers[i].text, found->text, sizeof(peers[i].text));
		left += peers[i].text[0] == '\0';
	}
	return left;
}

/* The kernel hands out whole lines, of a file that is one line for each socket. */
static void search_file(
	int fd, const char *name, struct socket_peer *peers, size_t count, uint64_t until_ns)
{
	char buffer[BUFFER_SIZE + 1];
	size_t used = 0;
	ssize_t n;

	for (size_t sum = 0; sum < SOCKETS_BYTES_MAX && clock_now_ns() < until_ns;
		sum += (size_t)n) {
		char *line = buffer;
		char *end;

		n = read(fd, buffer + used, BUFFER_SIZE - used);
		if (n <= 0)
			return;
		used += (size_t)n;
		buffer[used] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			struct socket_peer found;

			*end = '\0';
			if (sockets_parse_line(name, line, &found) &&
				!take_peer(peers, count, &found))
				return;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
	}
}

static void search_internet(int proc, struct socket_peer *peers, size_t count, uint64_t until_ns)
{
	static const char *const names[] = { "tcp", "tcp6", "udp", "udp6" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[16];

		if (!take_peer(peers, count, NULL))
			return;
		(void)snprintf(path, sizeof(path), "net/%s", names[i]);
		ATTR_CLEANUP(fd_cleanup) int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			search_file(fd, names[i], peers, count, until_ns);
	}
}

/* --- those of the host ---------------------------------------------------------------------- */

/** What unix_diag says of one. */
struct unix_facts {
	uint8_t state; /* one of those of TCP */
	uint32_t peer; /* inode of the other end; 0: none that anybody has */
	char name[112];
};

static void take_attribute(struct rtattr *a, struct unix_facts *f)
{
	const char *data = RTA_DATA(a);
	size_t size = RTA_PAYLOAD(a);

	if (a->rta_type == UNIX_DIAG_PEER && size == sizeof(f->peer))
		memcpy(&f->peer, data, size);
	if (a->rta_type != UNIX_DIAG_NAME || size == 0 || size >= sizeof(f->name))
		return;
	memcpy(f->name, data, size);
	if (!f->name[0])
		f->name[0] = '@'; /* abstract */
}

static bool read_answer(char *answer, size_t size, struct unix_facts *f)
{
	struct nlmsghdr *h = (void *)answer;
	struct rtattr *a;
	size_t left;

	if (!NLMSG_OK(h, size) || h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		h->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
		return false;
	f->state = ((const struct unix_diag_msg *)NLMSG_DATA(h))->udiag_state;
	a = (void *)(answer + NLMSG_SPACE(sizeof(struct unix_diag_msg)));
	left = h->nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		take_attribute(a, f);
	return true;
}

/* Return: true and what there is to know of the socket of this number */
static bool ask_unix(int netlink, uint64_t inode, struct unix_facts *f)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
	struct {
		struct nlmsghdr header;
		struct unix_diag_req body;
	} question = {
		.header = { .nlmsg_len = sizeof(question),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_ino = (uint32_t)inode,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
			.udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};
	ssize_t n;

	*f = (struct unix_facts){ .peer = 0 };
	if (send(netlink, &question, sizeof(question), 0) < 0)
		return false;
	n = recv(netlink, answer, sizeof(answer), MSG_DONTWAIT);
	return n > 0 && read_answer(answer, (size_t)n, f);
}

static void describe_unix(int netlink, const struct unix_facts *own, struct socket_peer *ret_peer)
{
	struct unix_facts other = { .peer = 0 };
	const char *name = own->name;
	const char *state = state_name(own->state);

	if (own->state == TCP_ESTABLISHED && !own->peer)
		state = "not accepted yet";
	if (own->peer && ask_unix(netlink, own->peer, &other) && other.name[0])
		name = other.name;
	(void)snprintf(
		ret_peer->text, sizeof(ret_peer->text), "unix %s %s", name[0] ? name : "-", state);
}

/* The other end is named after the path that its server listens at. */
static void search_host(struct socket_peer *peers, size_t count)
{
	ATTR_CLEANUP(fd_cleanup)
	int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct unix_facts own;

	for (size_t i = 0; netlink >= 0 && i < count; i++) {
		if (peers[i].text[0] || !ask_unix(netlink, peers[i].inode, &own))
			continue;
		describe_unix(netlink, &own, &peers[i]);
	}
}

void sockets_find(int proc, struct socket_peer *peers, size_t count, uint64_t until_ns)
{
	/* the quick way first: what it finds need not be looked for in long files */
	search_host(peers, count);
	search_internet(proc, peers, count, until_ns);
}
