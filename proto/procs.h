#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * All processes of the host at one moment, as far as /proc shows them: with hidepid nobody but
 * root sees those of others. One pass, as the kernel tells whose child a process is, but not every
 * kernel whose parent it is. Which of them belong to a pool is the same for lsapidctl, which root
 * calls, and for Apache's status page.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/proc_stat.h"

struct proc {
	pid_t pid;
	struct proc_figures figures;
};

struct procs {
	struct proc *item; /* owned; by pid */
	size_t count;
	size_t *by_parent; /* owned; indexes of @item by parent, then pid */
	double uptime_s;   /* of the host */
	double ticks_per_s;
	uint64_t page_kib;
};

/** Of several processes. */
struct procs_sum {
	size_t processes;
	double cpu_s; /* of what their children have used and are gone with, too */
	uint64_t rss_kib;
};

/** Most processes of one pool. */
#define PROCS_OF_POOL_MAX 4096U

/**
 * procs_read() - now; a file for each process, none of which makes the reader wait
 * @max: of a host with more processes nothing is read, as a part would tell wrong sums
 *
 * Return: 0; -E2BIG: more than @max; -errno; and it is empty then
 */
int procs_read(size_t max, struct procs *ret_procs) PROC_MUST_USE;

void procs_deinit(struct procs *p);

/** procs_sort() - @item was filled by hand: make it searchable. Return: 0; -ENOMEM */
int procs_sort(struct procs *p) PROC_MUST_USE;

/** procs_find() - NULL: there is no such process, or it is hidden */
const struct proc *procs_find(const struct procs *p, pid_t pid);

/**
 * procs_below() - a process and all that descend from it, each after its parent
 * @ret_pids: @max of them at most
 *
 * Return: how many; 0 if @root is not there
 */
size_t procs_below(const struct procs *p, pid_t root, pid_t *ret_pids, size_t max);

/**
 * procs_of_pool() - what belongs to a pool: all below its parent, and children that have lost it
 * @parent: 0: none
 * @children: those that are known, running or not, of which 0 are none
 * @ret_pids: PROCS_OF_POOL_MAX of them at most
 *
 * Return: how many
 */
size_t procs_of_pool(
	const struct procs *p, pid_t parent, const pid_t *children, size_t count, pid_t *ret_pids);

/** procs_add_up() - one more to a sum */
void procs_add_up(struct procs_sum *sum, const struct procs *p, const struct proc *one);

/** procs_is_init() - the process between the supervisor and a PHP that comes from an image? */
bool procs_is_init(const struct proc *one);

double procs_cpu_s(const struct procs *p, const struct proc *one);

/** procs_reaped_s() - of its children that have ended */
double procs_reaped_s(const struct procs *p, const struct proc *one);
double procs_age_s(const struct procs *p, const struct proc *one);
uint64_t procs_rss_kib(const struct procs *p, const struct proc *one);

/**
 * procs_pss_kib() - its share of what is resident, pages divided by who has them; reads now
 *
 * Costs the kernel a walk over its memory, a fifth of a millisecond for a small PHP.
 *
 * Return: 0; -errno: gone, or it takes root
 */
int procs_pss_kib(pid_t pid, uint64_t *ret_kib) PROC_MUST_USE;
