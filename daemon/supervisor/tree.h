#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The processes below one of ours, from /proc/PID/task/TID/children. lsphp's children are session
 * leaders, so a signal to a process group would miss them.
 */

#include <stddef.h>
#include <sys/types.h>

/**
 * tree_signal() - send @signal_number to every process that descends from @root, not to it
 *
 * Return: how many there were.
 */
size_t tree_signal(pid_t root, int signal_number);

/**
 * tree_kill() - end @root and everything that descends from it
 * @root: a child of ours that was not reaped yet, so that its pid cannot be another's
 *
 * All are stopped first, round by round, until a round finds nobody new: who is stopped does not
 * fork, and whose parent dies does not leave the tree unseen.
 */
void tree_kill(pid_t root);

/** tree_first_child() - of its main thread. Return: its pid; 0: it has none */
pid_t tree_first_child(pid_t parent);
