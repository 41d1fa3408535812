#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lsphp parents: each is an answer to one SPAWN of the manager, from the request to the report
 * of its end. Owned by the supervisor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/list.h"
#include "daemon/base/map.h"
#include "proto/fdpass.h"
#include "proto/priv.h"

struct helper;
struct helper_order;
struct supervisor;

/** Places of the descriptors in a SPAWN. */
enum {
	SPAWN_FD_SPEC,
	SPAWN_FD_LISTENER,
	SPAWN_FD_STDERR,
	SPAWN_FD_COUNT
};

/** Starts that may wait for their exec at once: the bound of max_concurrent_starts. */
#define SPAWN_MAX_STARTING 256U

/** Which order of ours an exit answers; the manager's log and ours then tell the same story. */
enum spawn_cause {
	SPAWN_CAUSE_ITSELF = 0, /* nobody asked it to end */
	SPAWN_CAUSE_RETIRE,
	SPAWN_CAUSE_KILL,
	SPAWN_CAUSE_MANAGER, /* the manager that wanted it has died */
	SPAWN_CAUSE_STOP,
	SPAWN_CAUSE_COUNT
};

struct spawn {
	struct list_node node;          /* in spawn_set.all */
	struct list_node starting_node; /* in spawn_set.starting */
	uint64_t id;                    /* the manager's */
	uint64_t since_ns;
	pid_t pid;     /* our child; 0 while it is thawed */
	pid_t php_pid; /* lsphp itself: of one that was thawed, @pid is the init that it has */
	uid_t uid;
	int report_fd;  /* owned: -1 once exec has worked or not */
	uint64_t ini;   /* number of its directory of settings; 0: none */
	uint64_t nproc; /* its limit of processes, LIMIT_*: for the report of a failure */
	/* see criu.h */
	struct helper_order *ice; /* owned: how it would be frozen; NULL: it will not be */
	struct helper *helper;    /* borrowed: thaws it, is its init, or freezes it; NULL: none */
	struct list_node freeze_node; /* in criu.to_freeze */
	uint64_t spec_hash;
	char why_cold[PRIV_TEXT_SIZE]; /* why its image was not used; "": there was none */
	bool is_thawed;
	bool is_retire_due; /* when it is frozen: a signal would be in the image for ever */
	bool is_known;      /* by the present manager: it gets the reports */
	bool has_failed;    /* SPAWN_FAILED was sent, so that no EXITED follows */
	enum spawn_cause cause;
	char name[96];   /* of the pool, for logs */
	char user[96];   /* its account, for logs; "": it was not looked up */
	char binary[96]; /* for the report of a failure */
};

/** The fields of a log line that say which pool it tells of. */
#define F_SPAWN(sp)                                                                                \
	F_STR("pool", (sp)->name), F_STR("user", *(sp)->user ? (sp)->user : NULL),                 \
		F_UINT("uid", (sp)->uid)

/**
 * A spawn whose parent has ended: its busy children finish what they run, as children of ours, or
 * of the init that they have.
 */
struct spawn_past {
	uint64_t id;  /* 0: empty */
	pid_t parent; /* who they are children of by now */
	uid_t uid;
	char name[96];
};

/** More pools than are replaced within the time of the longest request; 112 KiB. */
#define SPAWN_PAST_COUNT 1024U

struct spawn_set {
	struct list all;
	struct list starting;
	struct map by_id; /* only those that are known */
	struct map by_pid;
	struct spawn_past past[SPAWN_PAST_COUNT]; /* a ring: the oldest goes first */
	size_t past_next;
	int ini_dir;       /* borrowed: struct boot */
	uint64_t last_ini; /* numbers count up */
	uint64_t warned;   /* bit of each enum child_wish that was refused since the last reload */
};

void spawn_set_init(struct spawn_set *set);
void spawn_set_deinit(struct spawn_set *set);

/**
 * spawn_request() - a SPAWN has come: check it, start it, answer it (now or when exec is known)
 * @may_thaw: an image of it will do
 * @fds:      specification, listener, stderr; not consumed
 *
 * Return: 0; 1 if the descriptors are not what a manager sends (the channel is lost then).
 */
int spawn_request(struct supervisor *s, uint64_t id, bool may_thaw, const struct fdpass_set *fds);

/** spawn_start_cold() - it cannot be thawed: start it as if there were no image */
void spawn_start_cold(struct supervisor *s, struct spawn *sp, const struct fdpass_set *fds);

/** spawn_end() - its lsphp has ended: report, and forget it */
void spawn_end(struct supervisor *s, struct spawn *sp, int status);

/** spawn_signal() - SIGNAL has come; a spawn that has ended meanwhile is no fault */
void spawn_signal(struct supervisor *s, uint64_t id, enum priv_signal what);

/**
 * spawn_signal_child() - the same for one child of a spawn
 *
 * It must be a child of that spawn's parent or, if that has ended, one that came to us, and must
 * run as the pool's user; else nothing happens and it is logged. See kin.h.
 */
void spawn_signal_child(struct supervisor *s, uint64_t id, pid_t pid, enum priv_signal what);

/** spawn_read_reports() - look at all that are starting */
void spawn_read_reports(struct supervisor *s);

/** spawn_on_exit() - was reaped. Return: true if @pid was one of ours */
bool spawn_on_exit(struct supervisor *s, pid_t pid, int status);

/** spawn_retire_all() - SIGTERM to all lsphp parents: busy children finish */
void spawn_retire_all(struct supervisor *s, enum spawn_cause cause);

/** spawn_forget_manager() - ids and reports of the manager that has died mean nothing to the next
 */
void spawn_forget_manager(struct supervisor *s);
