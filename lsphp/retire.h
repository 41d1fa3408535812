#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How a serving process (a child, or the single process) comes to leave: signals, the death of its
 * parent, and the mark of a process that a script forked.
 *
 *   SIGUSR1, parent's death  graceful: what runs is finished, what is queued on the connection is
 *                            served, then the process leaves
 *   SIGTERM, SIGINT, SIGQUIT the same when idle; a running script is stopped at the next safe
 *                            point, its response is lost; a second one ends the process at once
 *
 * An idle process blocks in recv() without any timer of its own. The handler therefore shuts the
 * reading side of the connection: recv() first hands out what was queued before, then reports the
 * end, so that no request is lost and no race remains.
 */

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

enum retire_phase {
	RETIRE_BUSY,  /* between requests' bytes and their response: only flags are set */
	RETIRE_IDLE,  /* waiting for a request on the connection */
	RETIRE_LISTEN /* waiting on the listener, signals arrive in epoll_pwait() only */
};

struct retire {
	volatile sig_atomic_t phase;       /* enum retire_phase */
	volatile sig_atomic_t wants_leave; /* leave after the running request */
	volatile sig_atomic_t wants_stop;  /* stop the running request, then leave */
	volatile sig_atomic_t is_cut;      /* reading side of the connection was shut */
	volatile sig_atomic_t is_copy;     /* forked by a script: never answers anything */
	volatile sig_atomic_t conn_fd;     /* connection or -1 */
	pid_t parent_pid;                  /* 0: its death does not matter */
	void (*interrupt)(void);           /* makes PHP come to a safe point; signal-safe */
	sigset_t wait_mask;                /* mask while waiting on the listener */
};

/**
 * retire_init() - install handlers and the parent-death signal for this process
 * @r:          lives until retire_end(): handlers find it through one file-level pointer
 * @parent_pid: parent whose death ends us; 0 for none
 * @interrupt:  see struct retire
 *
 * Return: 0; negative errno.
 */
int retire_init(struct retire *r, pid_t parent_pid, void (*interrupt)(void))
	__attribute__((warn_unused_result));

/** retire_end() - it ends by itself: our signals have nothing left to say, and @r may be freed */
void retire_end(void);

/** retire_enter_idle() - a request is awaited on the connection from now on */
void retire_enter_idle(struct retire *r);

/** retire_enter_busy() - bytes of a request were read */
static inline void retire_enter_busy(struct retire *r)
{
	r->phase = RETIRE_BUSY;
}

/** retire_enter_listen() - block our signals; wait with wait_mask; leave_listen() unblocks */
void retire_enter_listen(struct retire *r);
void retire_leave_listen(struct retire *r);
