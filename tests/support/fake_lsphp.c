/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A small real LSAPI server with scripted misbehaviour. Its socket is descriptor 0, as lsphp's; a
 * parent forks a child per connection, up to LSAPI_CHILDREN; SIGTERM to the parent is graceful.
 *
 * Options of the process: --exit=N (at once), --late-exit=N (once a request waits), --deaf
 * (accepts nothing), --slow-start=MS, --say=TEXT (to stderr, at the start).
 * A request's query string says what its child does:
 *
 *   sleep=MS   answer later
 *   say=TEXT   to stderr, then answer
 *   shout=N    N lines to stderr, then answer
 *   crash      die of SIGKILL, unanswered
 *   half       a part of RESP_HEADER, then close
 *   last       answer, then close without CONN_CLOSE
 *
 * The answer is 200 and a body "pid=N requests=N query=...".
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/lsapi.h"

static volatile sig_atomic_t has_term;

static void on_term(int signo)
{
	(void)signo;
	has_term = 1;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		continue;
}

static bool read_exactly(int fd, uint8_t *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const uint8_t *data, size_t size)
{
	return write(fd, data, size) == (ssize_t)size;
}

/* Waits like lsphp: an idle child goes when its parent has gone. */
static bool wait_for_request(int fd, pid_t parent)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, 100) == 0) {
		if (getppid() != parent)
			return false;
	}
	return true;
}

static bool read_request(int fd, uint8_t *buf, struct lsapi_request *ret)
{
	struct lsapi_packet packet;

	if (!read_exactly(fd, buf, LSAPI_PACKET_HEADER_SIZE) || lsapi_packet_decode(buf, &packet) ||
		packet.length > LSAPI_REQUEST_MAX)
		return false;
	if (!read_exactly(
		    fd, buf + LSAPI_PACKET_HEADER_SIZE, packet.length - LSAPI_PACKET_HEADER_SIZE))
		return false;
	return lsapi_request_decode(buf, packet.length, ret) == 0;
}

static size_t encode_answer(uint8_t *out, size_t size, const char *query, unsigned requests)
{
	struct lsapi_response_encoder e;
	char body[512];
	size_t used = 0;
	int n;

	lsapi_response_encode_init(&e, out, size, 1, 200);
	lsapi_response_encode_line(&e, "Content-Type: text/plain", 24);
	if (lsapi_response_encode_finish(&e, &used))
		abort();
	n = snprintf(body, sizeof(body), "pid=%d requests=%u query=%s", getpid(), requests, query);
	lsapi_packet_encode(out + used, LSAPI_RESP_STREAM, (uint32_t)n + LSAPI_PACKET_HEADER_SIZE);
	used += LSAPI_PACKET_HEADER_SIZE;
	memcpy(out + used, body, (size_t)n);
	used += (size_t)n;
	lsapi_packet_encode(out + used, LSAPI_RESP_END, LSAPI_PACKET_HEADER_SIZE);
	return used + LSAPI_PACKET_HEADER_SIZE;
}

/* Return: true if the connection stays open */
static bool serve_one(int fd, const struct lsapi_request *r, unsigned requests)
{
	const char *q = r->query;
	uint8_t out[2048];
	size_t size = encode_answer(out, sizeof(out), q, requests);

	if (strncmp(q, "sleep=", 6) == 0)
		sleep_ms(strtol(q + 6, NULL, 10));
	if (strncmp(q, "say=", 4) == 0)
		(void)fprintf(stderr, "%s\n", q + 4);
	for (long n = strncmp(q, "shout=", 6) ? 0 : strtol(q + 6, NULL, 10); n > 0; n--)
		(void)fprintf(stderr, "line %ld\n", n);
	if (strcmp(q, "crash") == 0)
		(void)raise(SIGKILL);
	if (strcmp(q, "half") == 0) {
		(void)write_all(fd, out, 12);
		return false;
	}
	return write_all(fd, out, size) && strcmp(q, "last") != 0;
}

static void serve(int fd, pid_t parent)
{
	static uint8_t buf[LSAPI_REQUEST_MAX];
	uint8_t notice[LSAPI_PID_NOTICE_SIZE];
	struct lsapi_request r;
	unsigned requests = 0;

	(void)signal(SIGTERM, SIG_DFL);
	lsapi_pid_notice_encode(notice, getpid());
	(void)write_all(fd, notice, sizeof(notice));
	while (wait_for_request(fd, parent) && read_request(fd, buf, &r)) {
		if (!serve_one(fd, &r, ++requests))
			break;
	}
	(void)close(fd);
	_exit(0);
}

static unsigned reap(void)
{
	unsigned count = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		count++;
	return count;
}

/* Exit with a request in the backlog that nobody has read. */
static int exit_late(int status)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	(void)poll(&p, 1, -1);
	sleep_ms(50);
	return status;
}

static void run_parent(unsigned limit)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	pid_t parent = getpid();
	unsigned children = 0;

	while (!has_term) {
		int fd;

		children -= reap();
		if (children >= limit || poll(&p, 1, 20) <= 0) {
			sleep_ms(children >= limit ? 10 : 0);
			continue;
		}
		fd = accept(0, NULL, NULL);
		if (fd < 0)
			continue;
		(void)fflush(NULL);
		if (fork() == 0)
			serve(fd, parent);
		children++;
		(void)close(fd);
	}
}

int main(int argc, char **argv)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const char *children = getenv("LSAPI_CHILDREN");
	struct sigaction term = { .sa_handler = on_term };
	bool is_deaf = false;

	(void)sigaction(SIGTERM, &term, NULL);
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--exit=", 7) == 0)
			return atoi(argv[i] + 7);
		if (strncmp(argv[i], "--late-exit=", 12) == 0)
			return exit_late(atoi(argv[i] + 12));
		if (strncmp(argv[i], "--slow-start=", 13) == 0)
			sleep_ms(strtol(argv[i] + 13, NULL, 10));
		if (strncmp(argv[i], "--say=", 6) == 0)
			(void)fprintf(stderr, "%s\n", argv[i] + 6);
		is_deaf = is_deaf || strcmp(argv[i], "--deaf") == 0;
	}
	while (is_deaf && !has_term)
		sleep_ms(20);
	run_parent(children ? (unsigned)strtoul(children, NULL, 10) : 2);
	return 0;
}
