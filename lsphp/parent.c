/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lsphp/report.h"
#include "lsphp/sapi.h"
#include "lsphp/server.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL
/** A runaway gets SIGTERM once a second, so many times, then SIGKILL (as the reference does). */
#define TERM_MAX         6U
#define TERM_INTERVAL_NS NS_PER_S
/** A child is surplus when it was idle at two looks in a row. */
#define LOOK_INTERVAL_NS NS_PER_S
/**
 * A request is a runaway when it is so much over its time: about when the reference, which looks
 * once a second, finds it. lsapid is exact, and tells more; it shall be the first.
 */
#define RUNAWAY_LAG_NS NS_PER_S
/** "Reached max children": said once in this time, however often it happens. */
#define LIMIT_SAY_NS (60 * NS_PER_S)
/** Pause after accept() or fork() failed for want of resources. */
#define RETRY_NS (100 * NS_PER_MS)
#define NEVER    UINT64_MAX

static uint64_t clock_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t child_count(const struct parent *p)
{
	return atomic_load(&p->table->used);
}

/* --- children that have to go ------------------------------------------------------------ */

static void send_signal(const struct child_row *row, int signo)
{
	/* Not reaped yet, so the pid is still this child's. */
	(void)kill(row->pid, signo);
}

/** Return: when to look at this child again because of the process time limit. */
static uint64_t check_runaway(const struct parent *p, struct child_row *row)
{
	uint64_t limit_ns = p->settings->max_process_time_s * NS_PER_S + RUNAWAY_LAG_NS;
	uint64_t start = atomic_load(&row->start_ns);
	if (start == 0)
		return p->now_ns +
		       limit_ns; /* the earliest that a request of now could be over it */
	if (start + limit_ns > p->now_ns)
		return start + limit_ns;
	if (row->terminated_start != start) {
		row->terminated_start = start;
		row->term_count = 0;
	}
	if (row->term_count > 0 && row->terminated_ns + TERM_INTERVAL_NS > p->now_ns)
		return row->terminated_ns + TERM_INTERVAL_NS;
	int signo = row->term_count < TERM_MAX ? SIGTERM : SIGKILL;
	report_line("Killing runaway process pid: %d with %s, limit: %u s", (int)row->pid,
		signo == SIGTERM ? "SIGTERM" : "SIGKILL", p->settings->max_process_time_s);
	send_signal(row, signo);
	row->term_count++;
	row->terminated_ns = p->now_ns;
	return p->now_ns + TERM_INTERVAL_NS;
}

static uint64_t check_runaways(const struct parent *p)
{
	uint64_t next = NEVER;
	for (uint32_t i = 0; i < p->table->limit; i++)
		if (p->table->row[i].pid != 0)
			next = earlier(next, check_runaway(p, &p->table->row[i]));
	return next;
}

static bool is_idle(const struct child_row *row)
{
	return atomic_load(&row->start_ns) == 0;
}

/** One look: children idle at two looks in a row leave, as far as there are too many. */
static void retire_surplus(const struct parent *p)
{
	uint32_t idle_before = 0;
	uint32_t left = child_count(p);
	for (uint32_t i = 0; i < p->table->limit; i++) {
		struct child_row *row = &p->table->row[i];
		if (row->pid == 0 || row->is_retired)
			continue;
		uint32_t count = atomic_load(&row->request_count);
		bool was_idle = row->was_idle && row->seen_count == count;
		row->seen_count = count;
		row->was_idle = is_idle(row);
		if (!row->was_idle)
			continue;
		if (was_idle && (left > p->settings->children ||
					idle_before >= p->settings->max_idle_children)) {
			send_signal(row, SIGUSR1);
			row->is_retired = true;
			left--;
			continue;
		}
		idle_before++;
	}
}

/** Looking is needed only while there are more children than may idle. */
static uint64_t check_surplus(struct parent *p)
{
	uint32_t count = child_count(p);
	if (count <= p->settings->children && count <= p->settings->max_idle_children)
		return NEVER;
	if (p->look_ns + LOOK_INTERVAL_NS <= p->now_ns) {
		p->look_ns = p->now_ns;
		retire_surplus(p);
	}
	return p->look_ns + LOOK_INTERVAL_NS;
}

/* --- children that are gone -------------------------------------------------------------- */

static void reap(struct parent *p)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child_row *row = child_table_find(p->table, pid);
		if (!row)
			continue;
		if (atomic_load(&row->state) == CHILD_WAITING)
			p->has_lost_waiter = true;
		child_table_release(p->table, row);
		if (WIFSIGNALED(status))
			report_line(
				"Child process with pid: %d was killed by signal: %d, core dump: %d",
				(int)pid, WTERMSIG(status), WCOREDUMP(status) ? 1 : 0);
	}
	p->is_muted = false;
	if (child_count(p) == 0)
		p->childless_ns = p->now_ns;
}

/* --- children that come ------------------------------------------------------------------ */

static void close_ours(const struct parent *p)
{
	(void)close(p->signal_fd);
}

/** The child's life; the parent's memory, listener and eventfd are there by the fork. */
static int be_child(struct parent *p, struct child_row *row, int conn_fd, pid_t parent_pid)
{
	close_ours(p);
	/*
	 * Not a session: with autogroups (sched(7)) each child would have as large a share of the
	 * processors as all of Apache.
	 */
	(void)setpgid(0, 0);
	struct server *s = server_new(p->settings, p->title, p->listener_fd);
	if (!s)
		return 1;
	s->table = p->table;
	s->row = row;
	s->wake_fd = p->wake_fd;
	if (retire_init(&s->retire, parent_pid, sapi_interrupt) < 0)
		return 1;
	int status = server_run_child(s, conn_fd);
	retire_end();
	server_free(s);
	return status;
}

static void fork_child(struct parent *p, int conn_fd)
{
	struct child_row *row = child_table_take(p->table);
	pid_t self = getpid();
	pid_t pid = row ? fork() : -1;
	if (pid == 0)
		_exit(be_child(p, row, conn_fd, self));
	if (pid < 0) {
		report_line("Can not fork a child process: %s", strerrordesc_np(errno));
		if (row)
			child_table_release(p->table, row);
		p->muted_until_ns = p->now_ns + RETRY_NS;
	} else {
		row->pid = pid;
	}
	(void)close(conn_fd);
}

static void say_limit(struct parent *p)
{
	p->is_muted = true;
	if (p->limit_said_ns != 0 && p->limit_said_ns + LIMIT_SAY_NS > p->now_ns)
		return;
	p->limit_said_ns = p->now_ns;
	report_line("Reached max children process limit: %u, extra: %u, current: %u, "
		    "please increase LSAPI_CHILDREN.",
		p->settings->children, p->settings->extra_children, child_count(p));
}

static void take_connection(struct parent *p)
{
	/*
	 * A child that began to wait in the meantime is woken by the same connection. But the
	 * kernel wakes one child only, and if that one was killed, the others sleep on.
	 */
	if (child_table_count(p->table, CHILD_WAITING) > 0 && !p->has_lost_waiter)
		return;
	p->has_lost_waiter = false;
	if (child_count(p) >= p->table->limit) {
		say_limit(p);
		return;
	}
	int conn_fd = accept4(p->listener_fd, NULL, NULL, SOCK_CLOEXEC);
	if (conn_fd >= 0)
		fork_child(p, conn_fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		p->muted_until_ns = p->now_ns + RETRY_NS;
}

/* --- the loop ---------------------------------------------------------------------------- */

/** True: leave. */
static bool handle_signals(struct parent *p)
{
	struct signalfd_siginfo info;
	while (read(p->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(p);
			continue;
		}
		/* The parent-death signal also comes when only a thread of the starter has ended.
		 */
		bool has_starter = p->starter_pid == 0 || getppid() == p->starter_pid;
		if (info.ssi_signo != SIGUSR2 || !has_starter)
			return true;
	}
	return false;
}

/** True: without any child for LSAPI_PGRP_MAX_IDLE. */
static bool is_idle_for_long(const struct parent *p, uint64_t *ret_next)
{
	*ret_next = NEVER;
	if (p->settings->pgrp_max_idle_s == 0 || child_count(p) > 0)
		return false;
	*ret_next = p->childless_ns + p->settings->pgrp_max_idle_s * NS_PER_S;
	return *ret_next <= p->now_ns;
}

static bool watches_listener(struct parent *p)
{
	if (p->muted_until_ns != 0 && p->muted_until_ns > p->now_ns)
		return false;
	p->muted_until_ns = 0;
	return !p->is_muted && child_table_count(p->table, CHILD_WAITING) == 0;
}

static int poll_timeout_ms(const struct parent *p, uint64_t next)
{
	if (p->muted_until_ns != 0)
		next = earlier(next, p->muted_until_ns);
	if (next == NEVER)
		return -1;
	uint64_t ms = next > p->now_ns ? (next - p->now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static void turn_until_told(struct parent *p)
{
	for (;;) {
		p->now_ns = clock_ns();
		uint64_t next;
		if (is_idle_for_long(p, &next))
			return;
		next = earlier(next, check_runaways(p));
		next = earlier(next, check_surplus(p));

		struct pollfd fds[] = {
			{ .fd = p->signal_fd, .events = POLLIN },
			{ .fd = p->wake_fd, .events = POLLIN },
			{ .fd = watches_listener(p) ? p->listener_fd : -1, .events = POLLIN },
		};
		int ready = poll(fds, sizeof(fds) / sizeof(fds[0]), poll_timeout_ms(p, next));
		p->now_ns = clock_ns();
		if (ready <= 0)
			continue;
		if (fds[0].revents && handle_signals(p))
			return;
		if (fds[1].revents) {
			uint64_t count;
			ssize_t ignored = read(p->wake_fd, &count, sizeof(count));
			(void)ignored; /* it only had to wake us */
			p->is_muted = false;
		}
		if (fds[2].revents || p->has_lost_waiter)
			take_connection(p);
	}
}

static int open_signals(struct parent *p)
{
	static const int signo[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signo) / sizeof(signo[0]); i++)
		sigaddset(&set, signo[i]);
	int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (error)
		return -error;
	p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? -errno : 0;
}

static int open_parent(struct parent *p)
{
	p->table = child_table_new(p->settings->children + p->settings->extra_children);
	if (!p->table)
		return -ENOMEM;
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		return -errno;
	int error = open_signals(p);
	if (error < 0)
		return error;
	if (p->starter_pid != 0 && prctl(PR_SET_PDEATHSIG, SIGUSR2) < 0)
		return -errno;
	return 0;
}

int parent_run(
	const struct settings *settings, struct title *title, int listener_fd, pid_t starter_pid)
{
	struct parent p = {
		.settings = settings,
		.title = title,
		.listener_fd = listener_fd,
		.signal_fd = -1,
		.wake_fd = -1,
		.starter_pid = starter_pid,
	};
	int error = open_parent(&p);
	if (error < 0) {
		report_line("Can not start: %s", strerrordesc_np(-error));
		return 2;
	}
	p.childless_ns = clock_ns();
	if (starter_pid == 0 || getppid() == starter_pid)
		turn_until_told(&p);
	/* Children go on with what they run; they notice by themselves that the parent is gone. */
	return 0;
}
