/* SPDX-License-Identifier: Apache-2.0 */
#include "lsphp/retire.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/** A script that does not come to a safe point in this time (shutdown functions included) is cut.
 */
#define STOP_GRACE_S 3U

/* A signal handler and a fork handler get no argument: the one pointer that cannot be passed. */
static struct retire *volatile retire_self;

static void cut_if_idle(struct retire *r)
{
	if (r->phase != RETIRE_IDLE || r->conn_fd < 0)
		return;
	int error = errno;
	(void)shutdown((int)r->conn_fd, SHUT_RD);
	r->is_cut = 1;
	errno = error;
}

static void on_leave(int signo)
{
	struct retire *r = retire_self;
	if (!r)
		return;
	/* The parent-death signal also comes when only the thread that forked us has ended. */
	if (signo == SIGUSR2 && (r->parent_pid == 0 || getppid() == r->parent_pid))
		return;
	r->wants_leave = 1;
	cut_if_idle(r);
}

static void on_stop(int signo)
{
	(void)signo;
	struct retire *r = retire_self;
	if (!r)
		return;
	if (r->wants_stop)
		_exit(1);
	r->wants_leave = 1;
	if (r->phase != RETIRE_BUSY) {
		cut_if_idle(r);
		return;
	}
	r->wants_stop = 1;
	(void)alarm(STOP_GRACE_S);
	if (r->interrupt)
		r->interrupt();
}

static void on_alarm(int signo)
{
	(void)signo;
	const struct retire *r = retire_self;
	if (r && r->wants_stop)
		_exit(1);
}

/** In a process that a script forked: it must neither read from nor write to our connection. */
static void on_fork_child(void)
{
	struct retire *r = retire_self;
	if (!r)
		return;
	r->is_copy = 1;
	if (r->conn_fd >= 0)
		(void)close((int)r->conn_fd);
	r->conn_fd = -1;
}

static void our_signals(sigset_t *set)
{
	static const int signo[] = { SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(signo) / sizeof(signo[0]); i++)
		sigaddset(set, signo[i]);
}

static int install(int signo, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	our_signals(&action.sa_mask);
	return sigaction(signo, &action, NULL) < 0 ? -errno : 0;
}

int retire_init(struct retire *r, pid_t parent_pid, void (*interrupt)(void))
{
	*r = (struct retire){ .phase = RETIRE_BUSY,
		.conn_fd = -1,
		.parent_pid = parent_pid,
		.interrupt = interrupt };
	retire_self = r;

	static const struct {
		int signo;
		int flags;
		void (*handler)(int);
	} table[] = {
		/* A graceful signal must not cut a script's system calls short, where that is
		   possible. */
		{ SIGUSR1, SA_RESTART, on_leave },
		{ SIGUSR2, SA_RESTART, on_leave },
		{ SIGTERM, 0, on_stop },
		{ SIGINT, 0, on_stop },
		{ SIGQUIT, 0, on_stop },
		{ SIGALRM, SA_RESTART, on_alarm },
		{ SIGPIPE, 0, SIG_IGN },
		{ SIGXFSZ, 0, SIG_IGN },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int error = install(table[i].signo, table[i].handler, table[i].flags);
		if (error < 0)
			return error;
	}
	int error = pthread_atfork(NULL, NULL, on_fork_child);
	if (error)
		return -error;

	/* Nothing stays blocked: programs that scripts start inherit the mask. */
	sigemptyset(&r->wait_mask);
	error = pthread_sigmask(SIG_SETMASK, &r->wait_mask, NULL);
	if (error)
		return -error;
	if (parent_pid != 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGUSR2) < 0)
			return -errno;
		if (getppid() != parent_pid) /* it died before the call */
			r->wants_leave = 1;
	}
	return 0;
}

void retire_end(void)
{
	retire_self = NULL;
}

void retire_enter_idle(struct retire *r)
{
	r->phase = RETIRE_IDLE;
	/* A signal before the line above set the flag only; one after it does this itself. */
	if (r->wants_leave)
		cut_if_idle(r);
}

void retire_enter_listen(struct retire *r)
{
	sigset_t ours;
	our_signals(&ours);
	(void)pthread_sigmask(SIG_BLOCK, &ours, NULL); /* cannot fail with these arguments */
	r->phase = RETIRE_LISTEN;
}

void retire_leave_listen(struct retire *r)
{
	r->phase = RETIRE_IDLE;
	(void)pthread_sigmask(SIG_SETMASK, &r->wait_mask, NULL);
}
