#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * All processes of the host at one moment, as far as /proc shows them: with hidepid nobody but
 * root sees those of others. One pass, as the kernel tells whose child a process is, but not every
 * kernel whose parent it is.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/proc_stat.h"

/** Most processes that are looked at; beyond them some are missing. */
#define PROCS_MAX 200000U

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

/** procs_read() - now. Return: 0; -errno, and it is empty */
int procs_read(struct procs *ret_procs) ATTR_MUST_USE;

void procs_deinit(struct procs *p);

/** procs_sort() - @item was filled by hand: make it searchable. Return: 0; -ENOMEM */
int procs_sort(struct procs *p) ATTR_MUST_USE;

/** procs_find() - NULL: there is no such process, or it is hidden */
const struct proc *procs_find(const struct procs *p, pid_t pid);

/**
 * procs_below() - a process and all that descend from it, each after its parent
 * @ret_pids: @max of them at most
 *
 * Return: how many; 0 if @root is not there
 */
size_t procs_below(const struct procs *p, pid_t root, pid_t *ret_pids, size_t max);

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
int procs_pss_kib(pid_t pid, uint64_t *ret_kib) ATTR_MUST_USE;
