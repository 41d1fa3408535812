#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How the supervisor tells lsapid-criu what to do: its arguments and descriptors, and what it
 * answers. The supervisor starts one process for each job, as root, and ends it when it takes too
 * long; so neither of them ever waits for CRIU.
 *
 * argv: the title, then "key=value" words, JOB_* below. The descriptors are numbered as in enum
 * job_fd; what a job does not need is /dev/null.
 *
 *   freeze   write the image of a running lsphp parent, which goes on:  FROZEN | FAILED, with the
 *            text JOB_BUSY if it has connections. Idle children are sent away. Should the job end
 *            without a report, lsphp and its children may stand still: SIGCONT to all of them.
 *   restore  be the init of a new pid namespace (the supervisor has made it, and a new mount
 *            namespace) and bring lsphp back in it:  NO_IMAGE | FAILED, and ends; or RESTORED, then
 *            ENDED when lsphp has, and stays until the last process of the namespace has gone.
 *            SIGTERM goes on to lsphp; so does one when nobody reads the reports any more.
 *   check    does CRIU work here:  DONE, with its version | FAILED
 *   list     all images, one JSON document to JOB_FD_OUT:  DONE | FAILED
 *   reset    remove the images of a pool, or all:  DONE (count in bytes) | FAILED
 *   sweep    remove what is too old, too much, or of nobody:  DONE (bytes removed) | FAILED
 */

#include <stdint.h>

#define JOB_OP        "op"      /* one of the above */
#define JOB_PROGRAM   "program" /* criu */
#define JOB_DIR       "dir"     /* where the images of all pools are; list, reset, sweep: several */
#define JOB_POOL      "pool"    /* its name; reset: absent for all */
#define JOB_UID       "uid"     /* of lsphp */
#define JOB_GID       "gid"
#define JOB_PID       "pid"       /* freeze: of the parent */
#define JOB_HOME      "home"      /* restore: of the user, for his own flag; may be absent */
#define JOB_SERVER    "server"    /* restore: ServerName for that flag; may be absent */
#define JOB_LIMIT_MS  "limit_ms"  /* after which the supervisor will end us */
#define JOB_DEBUG     "debug"     /* 0 or 1: CRIU's logs are kept, and are long */
#define JOB_MAX_BYTES "max_bytes" /* freeze, sweep: of all images together */
#define JOB_MAX_AGE_S "max_age_s" /* freeze, sweep: since an image was used last */
#define JOB_COLD_MS   "cold_ms"   /* freeze: measured start without an image, for the manifest */
#define JOB_WATCH     "watch"     /* freeze: a file or directory that PHP reads; any number */

enum job_fd {
	JOB_FD_FACTS = 0,    /* freeze, restore: sealed memfd, see below */
	JOB_FD_OUT = 1,      /* list: where the document goes; else the daemon's log */
	JOB_FD_LOG = 2,      /* the daemon's log */
	JOB_FD_REPORT = 3,   /* pipe: struct job_report, whole ones */
	JOB_FD_LISTENER = 4, /* freeze, restore: listening socket of the pool */
	JOB_FD_STDERR = 5,   /* freeze: what lsphp has; restore: what it gets */
	JOB_FD_INI = 6, /* restore: directory of settings that becomes its descriptor 3, if any */
	JOB_FD_COUNT
};

/*
 * JOB_FD_FACTS: "key=value" strings, each ended by a NUL, in any order, keys unique: everything
 * that the supervisor gives to this lsphp ("spec.handler=php", "env.PATH=...", "limit.nofile=...",
 * "binary=/...", "lsapid=1.2"). An image is used only if all of them are what they were when it was
 * written; the first that differs is named. At most JOB_FACTS_MAX bytes.
 */
#define JOB_FACTS_MAX 131072U

enum job_result {
	JOB_FROZEN = 1,   /* ms: the time that lsphp stood still or less; bytes: of the image */
	JOB_RESTORED = 2, /* ms: of CRIU; lsphp is the only child of the job's process */
	JOB_ENDED = 3,    /* status: as waitpid(2), of the lsphp parent */
	JOB_NO_IMAGE = 4, /* text: why, if one was dropped; "" if there was none */
	JOB_FAILED = 5,   /* text: CRIU's reason or ours, one line */
	JOB_DONE = 6
};

/** Text of a freeze that found connections: no fault, so try again later. */
#define JOB_BUSY "busy"

#define JOB_TEXT_SIZE 200U

/** Less than PIPE_BUF, so that a write is all or nothing. */
struct job_report {
	uint32_t result; /* enum job_result */
	int32_t status;
	uint32_t ms;
	uint32_t reserved;
	uint64_t bytes;
	char text[JOB_TEXT_SIZE]; /* NUL-terminated, printable */
};
