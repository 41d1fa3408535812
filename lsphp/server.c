/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lsphp/report.h"
#include "lsphp/sapi.h"

#define NS_PER_MS 1000000U
#define MS_PER_S  1000U
/** KEEP_LISTEN=1: how long a child waits on the listener; per child with a connection the same. */
#define LISTEN_WAIT_MS     10000U
#define LISTEN_WAIT_MIN_MS 1000U

static uint64_t now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

struct server *server_new(const struct settings *settings, struct title *title, int listener_fd)
{
	struct server *s = malloc(sizeof(*s));
	if (!s)
		return NULL;
	s->settings = settings;
	s->title = title;
	s->table = NULL;
	s->row = NULL;
	s->listener_fd = listener_fd;
	s->wake_fd = -1;
	s->epoll_fd = -1;
	s->served = 0;
	s->start_ns = 0;
	s->cost = (struct cost){ .is_asked = false };
	s->closes = false;
	s->leaves = false;
	s->text = NULL;
	s->logs_to_stderr = settings->stderr_log || settings->is_log_on_stderr;
	conn_init(&s->conn, &s->retire);
	output_init(&s->output, &s->conn);
	return s;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	output_deinit(&s->output);
	free(s->text);
	if (s->epoll_fd >= 0)
		(void)close(s->epoll_fd);
	if (s->listener_fd >= 0)
		(void)close(s->listener_fd);
	free(s);
}

/* --- one request ------------------------------------------------------------------------- */

static bool is_last_request(const struct server *s)
{
	return s->retire.wants_leave ||
	       (s->settings->max_requests > 0 && s->served + 1 >= s->settings->max_requests);
}

static bool are_too_many_busy(const struct server *s)
{
	return s->table && s->settings->max_busy_workers > 0 &&
	       child_table_count(s->table, CHILD_CONNECTED) >= s->settings->max_busy_workers;
}

void server_end_response(struct server *s, bool finishes_early)
{
	if (s->output.has_ended)
		return;
	if (s->retire.wants_stop || s->retire.is_copy) {
		/* Without RESP_END the web server knows that this is not the whole response. */
		output_discard(&s->output);
		s->closes = true;
	} else {
		s->leaves = is_last_request(s);
		s->closes = finishes_early || s->leaves || s->conn.body_left > SERVER_DRAIN_MAX ||
			    are_too_many_busy(s);
		struct lsapi_usage usage;
		if (s->cost.is_asked)
			usage = cost_get(&s->cost, sapi_peak_bytes());
		output_end(&s->output, s->cost.is_asked ? &usage : NULL, s->closes);
	}
	if (finishes_early)
		conn_close(&s->conn);
}

static void report_if_slow(const struct server *s)
{
	if (s->settings->slow_request_ms == 0)
		return;
	uint64_t ms = (now_ns() - s->start_ns) / NS_PER_MS;
	if (ms < s->settings->slow_request_ms)
		return;
	const struct lsapi_request *r = &s->request;
	report_line("Slow request: %" PRIu64 " ms, method %s, URL %s, query '%s', script %s", ms,
		r->method, r->script_name, r->query, r->script_file);
}

static void serve_request(struct server *s)
{
	s->closes = false;
	s->start_ns = now_ns();
	if (s->row)
		atomic_store_explicit(&s->row->start_ns, s->start_ns, memory_order_relaxed);
	title_show(s->title, s->request.script_file);
	output_begin(&s->output);
	cost_begin(&s->cost, &s->request);

	int status = sapi_serve(s);
	if (s->retire.is_copy)
		_exit(status); /* a script forked this process; the response is its parent's */
	server_end_response(s, false);
	if (s->retire.wants_stop)
		_exit(1);

	s->served++;
	report_if_slow(s);
	title_reset(s->title);
	if (s->row) {
		atomic_store_explicit(&s->row->request_count, s->served, memory_order_relaxed);
		atomic_store_explicit(&s->row->start_ns, 0, memory_order_release);
	}
}

/* --- one connection ---------------------------------------------------------------------- */

static bool tell_pid(struct server *s)
{
	uint8_t notice[LSAPI_PID_NOTICE_SIZE];
	lsapi_pid_notice_encode(notice, (int32_t)getpid());
	struct iovec iov = { .iov_base = notice, .iov_len = sizeof(notice) };
	return conn_write(&s->conn, &iov, 1);
}

/**
 * The first word on a connection that was taken from the listener: the reference says no more than
 * REQ_RECEIVED. Its pid lets a manager end this child rather than wait for it.
 */
static bool acknowledge_first(struct server *s)
{
	return (!s->row || tell_pid(s)) && output_packet(&s->output, LSAPI_REQ_RECEIVED);
}

/** Says who took the connection. False: the client is gone, its request must not be run. */
static bool greet(struct server *s, bool is_forked)
{
	if (is_forked)
		return tell_pid(s);
	return !s->settings->is_accept_notified || acknowledge_first(s);
}

/** The same for a request, unless a greeting stands for it. */
static bool acknowledge(struct server *s, bool is_first)
{
	if (s->settings->is_accept_notified)
		return true;
	return is_first ? acknowledge_first(s) : output_packet(&s->output, LSAPI_REQ_RECEIVED);
}

static bool next_request(struct server *s)
{
	retire_enter_idle(&s->retire);
	int error = conn_read_request(&s->conn, &s->request);
	if (error == CONN_E_BAD)
		report_line("Connection closed: not a request: %s",
			lsapi_error_text(s->conn.bad_detail));
	if (error == CONN_E_IDLE)
		s->leaves = true;
	return error == 0;
}

static void serve_connection(struct server *s, int conn_fd, bool is_forked)
{
	conn_open(&s->conn, conn_fd, s->settings->max_idle_s);
	/* The PID notice already stands for the first acknowledgement. */
	bool is_acknowledged = is_forked;
	bool is_first = true;
	bool is_open = greet(s, is_forked);
	while (is_open && next_request(s)) {
		if (!is_acknowledged && !acknowledge(s, is_first))
			break; /* the client is gone: the request was not run */
		is_acknowledged = false;
		is_first = false;
		serve_request(s);
		is_open = !s->closes && conn_next(&s->conn, SERVER_DRAIN_MAX);
	}
	retire_enter_busy(&s->retire);
	conn_close(&s->conn);
}

/* --- waiting on the listener ------------------------------------------------------------- */

static bool prepare_epoll(struct server *s)
{
	if (s->epoll_fd >= 0)
		return true;
	int fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
		return false;
	/* One connection wakes one of the waiting children. */
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	if (epoll_ctl(fd, EPOLL_CTL_ADD, s->listener_fd, &event) < 0) {
		(void)close(fd);
		return false;
	}
	s->epoll_fd = fd;
	return true;
}

static int try_accept(const struct server *s)
{
	return accept4(s->listener_fd, NULL, NULL, SOCK_CLOEXEC);
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

/** wait_listener() - sleep until a connection was accepted; -1: time is up, or told to leave */
static int wait_listener(struct server *s, uint64_t wait_ms)
{
	uint64_t deadline = now_ns() + wait_ms * NS_PER_MS;
	while (!s->retire.wants_leave) {
		int timeout = -1;
		if (wait_ms > 0) {
			uint64_t now = now_ns();
			if (now >= deadline)
				return -1;
			timeout = (int)((deadline - now) / NS_PER_MS) + 1;
		}
		struct epoll_event event;
		if (epoll_pwait(s->epoll_fd, &event, 1, timeout, &s->retire.wait_mask) <= 0)
			continue;
		int fd = try_accept(s);
		if (fd >= 0 || !is_passing(errno))
			return fd;
	}
	return -1;
}

static void set_waiting(struct server *s, bool is_waiting)
{
	if (!s->row)
		return;
	atomic_store(&s->row->state, is_waiting ? CHILD_WAITING : CHILD_CONNECTED);
	if (is_waiting || child_table_count(s->table, CHILD_WAITING) > 0)
		return;
	/* Nobody waits any more: the parent has to look at the listener again, if it may fork. */
	if (atomic_load(&s->table->used) < s->table->limit) {
		uint64_t one = 1;
		ssize_t ignored = write(s->wake_fd, &one, sizeof(one)); /* cannot be full */
		(void)ignored;
	}
}

static int take_connection(struct server *s, uint64_t wait_ms)
{
	if (!prepare_epoll(s))
		return -1;
	retire_enter_listen(&s->retire);
	set_waiting(s, true);
	int fd = wait_listener(s, wait_ms);
	set_waiting(s, false);
	/*
	 * The kernel may have chosen this process to be woken for a connection in the moment in
	 * which it gave up: nobody else would be woken for it.
	 */
	if (fd < 0)
		fd = try_accept(s);
	retire_leave_listen(&s->retire);
	return fd;
}

/** How long a child waits on the listener; by KEEP_LISTEN, and by how busy the others are. */
static uint64_t listen_wait_ms(const struct server *s)
{
	if (s->settings->keep_listen != 1)
		return (uint64_t)s->settings->max_idle_s * MS_PER_S;
	uint32_t connected =
		child_table_count(s->table, CHILD_CONNECTED) - 1; /* without this one */
	uint32_t waiting = child_table_count(s->table, CHILD_WAITING);
	uint64_t ms = (uint64_t)LISTEN_WAIT_MS * (1U + connected);
	ms = waiting < 32 ? ms >> waiting : 0;
	return ms < LISTEN_WAIT_MIN_MS ? LISTEN_WAIT_MIN_MS : ms;
}

/** KEEP_LISTEN=0: a child ends with its connection unless more than half of them are busy. */
static bool keeps_listening(const struct server *s)
{
	if (s->settings->keep_listen > 0)
		return true;
	return child_table_count(s->table, CHILD_CONNECTED) - 1 > s->settings->children / 2;
}

/* --- the three ways to run --------------------------------------------------------------- */

int server_run_child(struct server *s, int conn_fd)
{
	serve_connection(s, conn_fd, true);
	while (!s->leaves && !s->retire.wants_leave && keeps_listening(s)) {
		conn_fd = take_connection(s, listen_wait_ms(s));
		if (conn_fd < 0)
			break;
		serve_connection(s, conn_fd, false);
	}
	return 0;
}

int server_run_single(struct server *s)
{
	while (!s->leaves && !s->retire.wants_leave) {
		int conn_fd = take_connection(s, (uint64_t)s->settings->max_idle_s * MS_PER_S);
		if (conn_fd < 0)
			break;
		serve_connection(s, conn_fd, false);
	}
	return 0;
}

int server_run_connection(struct server *s, int conn_fd)
{
	serve_connection(s, conn_fd, false);
	return 0;
}
