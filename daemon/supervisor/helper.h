#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Processes of lsapid-criu that are under way, one per job (daemon/criu/job.h). Each has a time
 * limit, so nobody ever waits for CRIU. Owned by the supervisor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "daemon/criu/job.h"
#include "daemon/supervisor/environ.h"

struct helper;
struct spawn;
struct supervisor;

/**
 * helper_fn - it has said something
 * @report: its answer, or ENDED; NULL: it has ended without any, h->fault says why
 */
typedef void (*helper_fn)(struct supervisor *s, struct helper *h, const struct job_report *report);

struct helper {
	struct list_node node; /* in a list of helper_set, until it is reaped */
	helper_fn on_report;
	uint64_t id;         /* the manager's, of what it is about; 0: nothing of his */
	struct spawn *spawn; /* borrowed: to freeze or thaw; NULL: none, or it has ended */
	pid_t pid;
	int exec_fd;          /* owned: of child_start() */
	int report_fd;        /* owned; -1: nothing will come any more */
	uint64_t deadline_ns; /* UINT64_MAX: none, or it is over */
	uint32_t limit_ms;
	bool has_answered;
	bool is_late; /* it was ended for that */
	int spec_fd;  /* owned, as the next two: thaw, to start lsphp instead; -1 */
	int listener_fd;
	int stderr_fd;
	int out_fd; /* owned: list, memfd; -1 */
	char fault[JOB_TEXT_SIZE];
};

struct helper_set {
	struct list open;    /* those that have not answered yet */
	struct list settled; /* ... and that have */
	struct map by_pid;
	int epoll_fd; /* owned: all report pipes; a thawed PHP has one for its whole life */
};

/** What to start. */
struct helper_order {
	struct environ_list words; /* owned: "key=value", see helper_word() */
	int fd[JOB_FD_COUNT];      /* borrowed; -1: /dev/null. Not JOB_FD_REPORT */
	uint64_t clone_flags;      /* namespaces of its own */
	bool has_nice;             /* these as in struct child_plan */
	int nice;
	bool has_oom_score_adj;
	int oom_score_adj;
	uint32_t limit_ms;
};

/** helper_set_init() - Return: 0; -errno */
int helper_set_init(struct helper_set *set) ATTR_MUST_USE;
void helper_set_deinit(struct helper_set *set);

/**
 * helper_order_init() - a job with what the configuration says of all of them
 * @op: see daemon/criu/job.h
 */
void helper_order_init(struct helper_order *o, const struct supervisor *s, const char *op);
void helper_order_deinit(struct helper_order *o);

/**
 * helper_start() - start lsapid-criu for one job
 *
 * Return: 0 and *ret_helper, borrowed until on_report() was told of its end; -errno.
 */
int helper_start(struct supervisor *s, const struct helper_order *o, helper_fn on_report,
	uint64_t id, struct helper **ret_helper) ATTR_MUST_USE;

/** helper_kill() - end it and all that it has started; its on_report() is told when it is reaped */
void helper_kill(struct helper *h);

/** helper_kill_all() - of those that have not answered */
void helper_kill_all(struct helper_set *set);

/** helper_read_all() - look at all of them without waiting */
void helper_read_all(struct supervisor *s);

/** helper_on_exit() - was reaped. Return: true if @pid was one of ours */
bool helper_on_exit(struct supervisor *s, pid_t pid, int status);

/** helper_on_time() - end those that are late */
void helper_on_time(struct supervisor *s);
uint64_t helper_next_ns(const struct helper_set *set);
