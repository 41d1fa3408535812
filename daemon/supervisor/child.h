#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What happens between fork and exec, for lsphp and for the manager alike: an ordered table of
 * steps. Only async-signal-safe calls, no memory is asked for, all was prepared before. The step
 * that failed and its errno go to the parent through a pipe; the pipe just closing means that exec
 * has worked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/supervisor/limit.h"
#include "proto/priv.h"

#define CHILD_MAX_FDS 7U

/** What a child goes on without if the kernel refuses it. */
enum child_wish {
	CHILD_WISH_NONE = 0,
	CHILD_WISH_NICE,
	CHILD_WISH_OOM_SCORE_ADJ,
	CHILD_WISH_LIMIT, /* and enum limit added to it */
	CHILD_WISH_COUNT = CHILD_WISH_LIMIT + LIMIT_COUNT
};

struct child_plan {
	/** instead of a program; does not return */
	void (*run)(const void *argument);
	const void *run_argument; /* borrowed */
	const char *binary;       /* borrowed: whoever made the plan */
	char *const *argv;        /* borrowed */
	char *const *envp;        /* borrowed */
	int fd[CHILD_MAX_FDS];    /* borrowed: becomes descriptor 0, 1, ... of the program */
	size_t fd_count;
	uint64_t clone_flags; /* namespaces of its own; 0: ours */
	bool has_identity;    /* become uid, gid and groups; else stay who we are */
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* borrowed */
	size_t group_count;
	bool can_dump_core;
	bool needs_many_fds; /* raise the soft limit of descriptors to the hard one */
	bool has_nice;
	int nice;
	bool has_oom_score_adj;
	int oom_score_adj;
	bool is_batch;          /* SCHED_BATCH */
	const uint64_t *limits; /* borrowed: LIMIT_COUNT of them; NULL: as they are */
	bool can_gain;          /* false: no_new_privs */
	bool is_bounded;        /* not even setuid programs get what only CRIU needs */
	mode_t umask;
	int death_signal; /* when the supervisor dies */
	pid_t parent;     /* pid of the supervisor; 0 in a pid namespace of its own */
};

/** What comes out of the pipe: a wish that was refused, or the step that failed, the last word. */
struct child_report {
	uint32_t step; /* enum priv_step */
	int32_t error; /* errno */
	uint32_t wish; /* enum child_wish; CHILD_WISH_NONE: the start has failed */
	int64_t wanted;
	int64_t got;
};

struct child_step {
	enum priv_step step;
	/** @p->parent and so on; Return: 0; errno */
	int (*run)(const struct child_plan *p, int *report_fd);
};

/** child_steps() - the table, for its test */
const struct child_step *child_steps(size_t *ret_count);

/**
 * child_start() - fork, and take all steps in the child
 * @ret_pid:       the caller's child
 * @ret_report_fd: non-blocking; struct child_report and the end of file come out of it
 *
 * Return: 0; -errno of pipe or fork.
 */
int child_start(const struct child_plan *p, pid_t *ret_pid, int *ret_report_fd);

/**
 * child_become() - the steps of a change of user alone, for this process itself and for good
 *
 * Nothing if it is not root: then it is nobody else.
 *
 * Return: 0; errno of the step that failed: what was done of it is not undone.
 */
int child_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);

/**
 * child_read_report() - what has become of a start
 *
 * Return: 0: exec has worked; CHILD_FAILED and CHILD_GOES_ON: *ret_report, and after the latter
 *         call again; -EAGAIN: not known yet.
 */
enum {
	CHILD_FAILED = 1,
	CHILD_GOES_ON = 2
};
int child_read_report(int report_fd, struct child_report *ret_report);

/** child_wish_key() - of the pool specification */
const char *child_wish_key(unsigned wish);
