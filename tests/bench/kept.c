/* SPDX-License-Identifier: Apache-2.0 */

/*
 * LSAPI without Apache: kept connections to one lsphp, and a request after the other on each.
 *
 * usage: kept SOCKET CONNECTIONS SECONDS <REQUEST
 *
 * Sends what it reads from standard input, and reads each answer to its end; prints what wrk.lua
 * prints. One process with one poll(2): next to nothing of the time is its own.
 */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define TIMES_MAX       (1U << 20)
#define NS_PER_S        1000000000ULL
#define NS_PER_US       1000U
/* lsapi-protocol, RESP_END: the last packet of an answer, and without a payload */
static const char end_packet[] = { 'L', 'S', 5, 0, 8, 0, 0, 0 };

struct connection {
	int fd;
	uint64_t since_ns;
	size_t sent;
	size_t tail_size;
	char tail[sizeof(end_packet)]; /* the last bytes of the answer */
};

struct load {
	const char *request;
	size_t size;
	uint64_t until_ns;
	uint32_t *times_us;
	size_t count;
	struct connection connection[CONNECTIONS_MAX];
	struct pollfd poll[CONNECTIONS_MAX];
	size_t connections, busy;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "kept: %s: %s\n", what, strerrordesc_np(errno));
	exit(1); /* NOLINT(concurrency-mt-unsafe): there is one thread */
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void open_connection(struct connection *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		die(path);
}

/* As much as goes; the rest when there is room. */
static void send_some(struct load *l, size_t i)
{
	struct connection *c = &l->connection[i];
	ssize_t n =
		send(c->fd, l->request + c->sent, l->size - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		die("send");
	c->sent += n > 0 ? (size_t)n : 0;
	l->poll[i].events = (short)(c->sent < l->size ? POLLIN | POLLOUT : POLLIN);
}

static void begin(struct load *l, size_t i)
{
	l->connection[i].since_ns = clock_ns();
	l->connection[i].sent = 0;
	l->connection[i].tail_size = 0;
	send_some(l, i);
}

static void note_tail(struct connection *c, const char *data, size_t size)
{
	size_t kept = size < sizeof(c->tail) ? sizeof(c->tail) - size : 0;

	if (kept > c->tail_size)
		kept = c->tail_size;
	memmove(c->tail, c->tail + c->tail_size - kept, kept);
	if (size > sizeof(c->tail) - kept) {
		data += size - (sizeof(c->tail) - kept);
		size = sizeof(c->tail) - kept;
	}
	memcpy(c->tail + kept, data, size);
	c->tail_size = kept + size;
}

static bool has_ended(const struct connection *c)
{
	return c->tail_size == sizeof(c->tail) && memcmp(c->tail, end_packet, sizeof(c->tail)) == 0;
}

static void receive_some(struct load *l, size_t i)
{
	static char data[1U << 20];
	struct connection *c = &l->connection[i];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);
	uint64_t now;

	if (n == 0 || (n < 0 && errno != EAGAIN))
		die("recv");
	if (n < 0)
		return;
	note_tail(c, data, (size_t)n);
	if (!has_ended(c))
		return;
	now = clock_ns();
	if (l->count < TIMES_MAX)
		l->times_us[l->count] = (uint32_t)((now - c->since_ns) / NS_PER_US);
	l->count++;
	if (now < l->until_ns) {
		begin(l, i);
		return;
	}
	l->poll[i].fd = -1;
	l->busy--;
}

static void run(struct load *l)
{
	for (size_t i = 0; i < l->connections; i++) {
		l->poll[i].fd = l->connection[i].fd;
		begin(l, i);
	}
	l->busy = l->connections;
	while (l->busy) {
		if (poll(l->poll, l->connections, -1) < 0)
			die("poll");
		for (size_t i = 0; i < l->connections; i++) {
			if (l->poll[i].fd >= 0 && l->poll[i].revents & POLLOUT)
				send_some(l, i);
			if (l->poll[i].fd >= 0 && l->poll[i].revents & (POLLIN | POLLHUP))
				receive_some(l, i);
		}
	}
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tell(const struct load *l, uint64_t began_ns)
{
	size_t count = l->count < TIMES_MAX ? l->count : TIMES_MAX;

	qsort(l->times_us, count, sizeof(l->times_us[0]), compare);
	(void)printf("{\"requests\": %zu, \"duration_us\": %.0f, \"errors\": 0, \"p50_us\": %u, "
		     "\"p99_us\": %u}\n",
		l->count, (double)(clock_ns() - began_ns) / NS_PER_US, l->times_us[count / 2],
		l->times_us[count * 99 / 100]);
}

static char *grow(char *data, size_t size)
{
	char *bigger = realloc(data, size);

	if (!bigger)
		free(data);
	return bigger;
}

static char *read_request(size_t *ret_size)
{
	size_t size = 0, capacity = 1U << 16;
	char *data = malloc(capacity);
	ssize_t n;

	while (data && (n = read(0, data + size, capacity - size)) > 0) {
		size += (size_t)n;
		if (size == capacity)
			data = grow(data, capacity *= 2);
	}
	if (!data || !size)
		die("no request");
	*ret_size = size;
	return data;
}

int main(int argc, char **argv)
{
	static struct load l;
	uint64_t began_ns;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: kept SOCKET CONNECTIONS SECONDS <REQUEST\n");
		return 2;
	}
	l.request = read_request(&l.size);
	l.times_us = calloc(TIMES_MAX, sizeof(l.times_us[0]));
	l.connections = strtoul(argv[2], NULL, 10);
	if (!l.times_us || !l.connections || l.connections > CONNECTIONS_MAX)
		die("connections");
	for (size_t i = 0; i < l.connections; i++)
		open_connection(&l.connection[i], argv[1]);
	began_ns = clock_ns();
	l.until_ns = began_ns + strtoul(argv[3], NULL, 10) * NS_PER_S;
	run(&l);
	tell(&l, began_ns);
	return 0;
}
