#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Why the daemon did not give what was asked for: one number per reason, the same in control
 * messages, log lines, lsapidctl and the manual. Numbers are never reused.
 */

#include <stdbool.h>

enum reason {
	REASON_NONE = 0,
	REASON_BUSY = 1,             /* every child of the pool works (reject mode) */
	REASON_QUEUE_FULL = 2,       /* queue mode: no place left to wait */
	REASON_QUEUE_TIMEOUT = 3,    /* queue mode: waited for the longest time allowed */
	REASON_HOST_FULL = 4,        /* host-wide ceiling of children */
	REASON_POOLS_FULL = 5,       /* host-wide ceiling of pools */
	REASON_SESSION_FULL = 6,     /* this Apache process holds every slot of its lease table */
	REASON_STOPPING = 7,         /* the daemon is shutting down */
	REASON_BACKOFF = 8,          /* the pool's lsphp keeps failing; next try is later */
	REASON_BAD_SPEC = 9,         /* the pool specification is malformed */
	REASON_HANDLER_UNKNOWN = 10, /* lsapid.conf names no such handler */
	REASON_UID_FLOOR = 11,       /* uid below uid_min, or root */
	REASON_GID_FLOOR = 12,       /* gid below gid_min, or root's group */
	REASON_USER_UNKNOWN = 13,    /* no account with this uid */
	REASON_GROUP_UNKNOWN = 14,   /* no group with this gid */
	REASON_USER_FOREIGN = 15,    /* daemon without privilege: only its own user */
	REASON_DOCROOT_OWNER = 16,   /* document root belongs to someone else */
	REASON_BINARY_MISSING = 17,  /* PHP binary not found */
	REASON_BINARY_UNSAFE = 18,   /* PHP binary or its directory: wrong owner, mode, setuid */
	REASON_START_FAILED = 19,    /* fork or one of the steps up to exec failed */
	REASON_START_EXITED = 20,    /* lsphp exited before it took a request */
	REASON_NOT_AUTHORIZED = 21,  /* this peer may not ask for this */
	REASON_BAD_KEY = 22,         /* HELLO with a wrong key */
	REASON_BAD_VERSION = 23,     /* HELLO with another protocol version */
	REASON_POOL_UNKNOWN = 24,    /* pool id of an earlier life of the manager */
	REASON_INTERNAL = 25,        /* a failure of the daemon itself; its log says which */
	REASON_HOME_MISSING = 26,    /* home_check: no home directory */
	REASON_BINARY_NO_EXEC = 27,  /* PHP binary has no right to be executed */
	REASON_EXEC_FAILED = 28,     /* the kernel cannot run the PHP binary */
	REASON_PROCESS_LIMIT = 29,   /* no further process: RLIMIT_NPROC, pids.max, pid_max */
	REASON_NO_IDENTITY = 30,     /* nothing says whose PHP runs, and the default user may not */
	REASON_SCRIPT_OWNER = 31,    /* lsapi_target_perm: the script is somebody else's */
	REASON_SCRIPT_UNSAFE = 32,   /* lsapi_paranoid: others could change the script */
	REASON_PATH_OWNER = 33,      /* LSAPIPath: the directory is not that account's */
	REASON_STOPPED = 34,         /* an administrator has stopped the pool */
	REASON_COUNT
};

/** reason_name() - stable word for logs and JSON ("busy", "uid-floor"); "unknown" out of range */
const char *reason_name(unsigned reason);

/** reason_text() - a sentence for people: what it means; never NULL */
const char *reason_text(unsigned reason);

/** reason_is_room() - there is no room for one more: the client may come again later */
bool reason_is_room(unsigned reason);

/** reason_remedy() - what the administrator can do about it; never NULL */
const char *reason_remedy(unsigned reason);
