/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/criu/quiesce.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/fd.h"
#include "daemon/criu/connection.h"
#include "daemon/criu/proc.h"

/** An idle pool has a few. Each needs a descriptor. */
#define QUIESCE_MAX_CHILDREN 512U
/** A process stops at once, unless it waits for a disk; then it is better left alone. */
#define QUIESCE_STOP_NS (500 * NS_PER_MS)
/** Nobody tells us of a stop or of a reaping, as neither process is our child. */
#define QUIESCE_LOOK_NS (NS_PER_MS / 2)

struct member {
	pid_t pid;
	int pidfd; /* owned */
};

struct quiesce {
	struct member parent;
	struct member child[QUIESCE_MAX_CHILDREN];
	size_t count;
	int listener; /* borrowed: the caller's */
};

static void send_to(const struct member *m, int signo)
{
	/* one that is gone needs it no more */
	(void)pidfd_send_signal(m->pidfd, signo, NULL, 0);
}

static void send_to_children(const struct quiesce *q, int signo)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		send_to(&q->child[i], signo);
}

/*
 * Children first: a parent that asks for stopped children too (WUNTRACED), as the reference does,
 * would take one that is still stopped for a dead one.
 */
static void go_on(const struct quiesce *q)
{
	send_to_children(q, SIGCONT);
	send_to(&q->parent, SIGCONT);
}

static void look_again(void)
{
	static const struct timespec pause = { .tv_nsec = QUIESCE_LOOK_NS };

	(void)nanosleep(&pause, NULL);
}

static void forget_children(struct quiesce *q)
{
	while (q->count) {
		q->count--;
		q->child[q->count].pidfd = fd_close(q->child[q->count].pidfd);
	}
}

/* Return: 0; enum quiesce_error; -errno */
static int open_member(pid_t pid, struct member *ret_member)
{
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0)
		return errno == ESRCH ? QUIESCE_E_GONE : -errno;
	*ret_member = (struct member){ .pid = pid, .pidfd = pidfd };
	return 0;
}

/* The children that there are now, in place of those known before. */
static int list_children(struct quiesce *q)
{
	pid_t *pids = calloc(QUIESCE_MAX_CHILDREN, sizeof(*pids));
	size_t count = 0;
	size_t i;
	int r;

	forget_children(q);
	if (!pids)
		return -ENOMEM;
	r = proc_children(q->parent.pid, pids, QUIESCE_MAX_CHILDREN, &count);
	if (r == -E2BIG)
		r = QUIESCE_E_BUSY;
	if (r == -ENOENT || r == -ESRCH)
		r = QUIESCE_E_GONE;
	for (i = 0; r == 0 && i < count; i++) {
		struct member *m = &q->child[q->count];

		r = open_member(pids[i], m);
		if (r == 0)
			q->count++;
		/* what the pidfd holds is looked at, not what the number was a moment ago */
		if (r == 0 && proc_parent(pids[i]) != q->parent.pid)
			r = QUIESCE_E_BUSY;
		if (r == QUIESCE_E_GONE)
			r = 0;
	}
	free(pids);
	return r;
}

static int check_connections(const struct quiesce *q)
{
	size_t i;

	if (connection_is_held(q->parent.pid, q->parent.pidfd, q->listener))
		return QUIESCE_E_BUSY;
	for (i = 0; i < q->count; i++) {
		if (connection_is_held(q->child[i].pid, q->child[i].pidfd, q->listener))
			return QUIESCE_E_BUSY;
	}
	return 0;
}

/* Return: 0; QUIESCE_E_BUSY if it does not stop. */
static int wait_still(const struct member *m, uint64_t deadline_ns)
{
	while (!proc_is_still(m->pid)) {
		if (clock_now_ns() > deadline_ns)
			return QUIESCE_E_BUSY;
		look_again();
	}
	return 0;
}

/* Afterwards nothing of it runs; on failure some may stand still. */
static int stop_all(struct quiesce *q)
{
	uint64_t deadline_ns = clock_now_ns() + QUIESCE_STOP_NS;
	size_t i;
	int r;

	send_to(&q->parent, SIGSTOP);
	r = wait_still(&q->parent, deadline_ns);
	if (r == 0)
		r = list_children(q);
	if (r == 0)
		send_to_children(q, SIGSTOP);
	for (i = 0; r == 0 && i < q->count; i++)
		r = wait_still(&q->child[i], deadline_ns);
	return r;
}

static bool has_ended(const struct member *m, uint64_t deadline_ns)
{
	struct pollfd wait = { .fd = m->pidfd, .events = POLLIN };
	uint64_t now_ns = clock_now_ns();
	uint64_t left_ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / NS_PER_MS : 0;

	return poll(&wait, 1, (int)left_ms) == 1;
}

/* Until the children that were told to have ended, and their parent has seen it. */
static int wait_gone(struct quiesce *q, uint64_t deadline_ns)
{
	size_t i;
	int r;

	/* one that got a connection while it left serves it, and that may take as long as it likes
	 */
	for (i = 0; i < q->count; i++) {
		if (!has_ended(&q->child[i], deadline_ns))
			return QUIESCE_E_BUSY;
	}
	for (;;) {
		r = list_children(q);
		if (r || q->count == 0)
			return r;
		for (i = 0; i < q->count; i++) {
			/* a new one, not a zombie */
			if (!has_ended(&q->child[i], 0))
				return QUIESCE_E_BUSY;
		}
		if (clock_now_ns() > deadline_ns)
			return QUIESCE_E_BUSY;
		look_again();
	}
}

static int send_away(struct quiesce *q, uint32_t end_ms)
{
	int r = stop_all(q);

	if (r == 0)
		r = check_connections(q);
	if (r == 0)
		send_to_children(q, SIGTERM);
	go_on(q);
	return r ? r : wait_gone(q, clock_now_ns() + end_ms * NS_PER_MS);
}

int quiesce_parent(pid_t parent, int listener, uint32_t end_ms)
{
	struct quiesce *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->listener = listener;
	q->parent.pidfd = -1;
	r = open_member(parent, &q->parent);
	/* a stop can cut a script's system call short: who is seen to be busy is not stopped */
	if (r == 0)
		r = list_children(q);
	if (r == 0)
		r = check_connections(q);
	if (r == 0 && q->count)
		r = send_away(q, end_ms);
	forget_children(q);
	q->parent.pidfd = fd_close(q->parent.pidfd);
	free(q);
	return r;
}
