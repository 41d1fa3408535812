#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * When a request has run for too long, and what is done about it, step by step. Pure: what the
 * lease table says and the time in, the step to take and the time of the next look out.
 *
 *   max_process_time   SIGTERM to the child: PHP runs its shutdown functions and ends
 *   5 s later          SIGKILL
 *   2 s later          the connection is cut: whatever keeps it open, its client has an answer
 *
 * lsphp has the same limit (LSAPI_MAX_PROCESS_TIME). We are the first, as we count from the moment
 * in which the shim took the connection; and the one that always works, also when lsphp's parent
 * hangs or has ended, which leaves its busy children without anybody who looks at the clock.
 *
 * A child that never told its pid can not be signalled: its connection is cut at once, so that its
 * client has an answer, and lsphp's own limit ends it.
 *
 * No exact time is missed with one look per max_process_time: a request that begins after a look
 * cannot be overdue before the next.
 */

#include <stdbool.h>
#include <stdint.h>

/** PHP that does not end by itself: time for its shutdown functions. */
#define OVERDUE_KILL_NS 5000000000ULL
/** After SIGKILL only the kernel's work is left; a process that a script forked may hold on. */
#define OVERDUE_CUT_NS 2000000000ULL
/** A request that waits unread for a child is looked at again after this. */
#define OVERDUE_UNREAD_NS 1000000000ULL

enum overdue_step {
	OVERDUE_NONE = 0,
	OVERDUE_TERM,
	OVERDUE_KILL,
	OVERDUE_CUT,
	OVERDUE_STEP_COUNT
};

/** What is remembered of one connection; zeroed: nothing. */
struct overdue {
	uint64_t since_ns;  /* begin of the request that this is about */
	uint64_t unread_ns; /* it was seen waiting for a child then */
	uint64_t told_ns;   /* of the last step */
	enum overdue_step step;
};

struct overdue_figures {
	uint64_t limit_ns;
	uint64_t since_ns; /* of the lease, as its holder says */
	bool is_busy;
	bool has_pid;
	bool is_unread; /* no child has read the request; asked only of what has no pid */
};

/**
 * overdue_look() - one look at one lease
 * @ret_next_ns: when to look again at the latest; UINT64_MAX: not because of this one
 *
 * Return: the step to take now; OVERDUE_NONE for none.
 */
enum overdue_step overdue_look(
	struct overdue *o, const struct overdue_figures *f, uint64_t now_ns, uint64_t *ret_next_ns);
