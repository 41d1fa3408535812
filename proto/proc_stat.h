#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The text of /proc/PID/stat. The name in it is the process's own choice, and may look like
 * anything. Pure.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_MUST_USE __attribute__((warn_unused_result))

/** As the kernel counts: ticks of sysconf(_SC_CLK_TCK), pages of sysconf(_SC_PAGESIZE). */
struct proc_figures {
	char state;
	pid_t parent;
	uint64_t cpu_ticks;      /* user and system */
	uint64_t children_ticks; /* of children that ended and were waited for */
	uint64_t start_ticks;    /* since the boot */
	uint64_t rss_pages;      /* what is resident, shared pages included */
	char name[64];           /* escaped by nobody yet; cut */
};

/** proc_stat_parse() - state and parent. Return: true on success */
bool proc_stat_parse(const char *text, char *ret_state, pid_t *ret_parent) PROC_MUST_USE;

/** proc_stat_figures() - all of struct proc_figures. Return: true on success */
bool proc_stat_figures(const char *text, struct proc_figures *ret_figures) PROC_MUST_USE;
