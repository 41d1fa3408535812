#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The prefork parent: forks a child for each connection that no waiting child takes, up to the
 * limit, and ends those that run too long or are surplus. It serves nothing itself and sleeps until
 * something happens or a real deadline comes.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lsphp/child_table.h"
#include "lsphp/settings.h"
#include "lsphp/title.h"

struct parent {
	const struct settings *settings; /* borrowed: main */
	struct title *title;             /* borrowed: main */
	struct child_table *table;       /* shared with the children */
	int listener_fd;                 /* owned */
	int signal_fd;                   /* owned */
	int wake_fd;                     /* owned; eventfd that children write */
	pid_t starter_pid;               /* own parent, 0: not watched */
	uint64_t now_ns;                 /* of this turn */
	uint64_t childless_ns;           /* since when there is no child */
	uint64_t look_ns;                /* last look for surplus children */
	uint64_t limit_said_ns;          /* when the limit was last logged; 0: never */
	uint64_t muted_until_ns;         /* the listener is not watched before; 0: it is */
	bool is_muted;                   /* ... until a child comes or goes */
	bool has_lost_waiter;            /* a waiting child died: it may have been woken already */
};

/**
 * parent_run() - be the parent until told to leave
 * @listener_fd: consumed
 * @starter_pid: process whose death ends this one; 0 for none
 *
 * In a forked child it does not return.
 *
 * Return: exit status of the process.
 */
int parent_run(
	const struct settings *settings, struct title *title, int listener_fd, pid_t starter_pid);
