#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The channel between the supervisor (root) and the manager (no privilege): a SEQPACKET
 * socketpair, descriptor PRIV_CHANNEL_FD in the manager. Fixed-size messages; the variable parts
 * (configuration, pool specification) travel as sealed memfds and are parsed as untrusted text by
 * the side that receives them.
 *
 *   supervisor                               manager
 *   SETUP flags + config memfd, control fd ->        first message of the manager's life
 *     + admin socket if any, log if a file
 *                                          <- READY  (or it exits: started again with back-off)
 *   PING                                   ->        does your event loop turn?
 *                                          <- ALIVE text: what the manager does; also unasked
 *                                          <- SPAWN id + spec memfd, listener, stderr pipe
 *   SPAWNED id, pid; thawed: ms            ->        text: why not from an image that was there
 *   SPAWN_FAILED id, reason, step, errno   ->
 *                                          <- SIGNAL id, what; for one child also its pid
 *   DUMPED id, pid + memfd                 ->        what that child does, as lines of a log
 *   CRIU status + text                     ->        whether images can be written and used here
 *                                          <- FREEZE id, ms: write an image of that lsphp
 *   FROZEN id, status, ms, bytes + text    ->        it goes on in any case, or EXITED follows
 *                                          <- IMAGES id, what + memfd: the name of a pool, or none
 *   IMAGES_DATA id, status + memfd         ->        JSON, or what is wrong
 *   EXITED id, wait status                 ->        the lsphp parent of that spawn has ended
 *                                          <- JUDGE id + spec memfd: would SPAWN be refused now?
 *   JUDGED id, reason or none, step, errno ->        nothing was started
 *   RELOAD + config memfd                  ->        checked by the supervisor already
 *                                          <- RELOADED ok
 *                                          <- USER_FILE id + spec memfd
 *   USER_FILE_DATA id, found + memfd       ->        before SPAWN, if the user's file is wanted
 *                                          <- RELOAD_REQUEST
 *   RELOAD, or RELOAD_FAILED + text memfd  ->        file, line, what is wrong, remedy
 *                                          <- TRY    as RELOAD_REQUEST, but nothing changes
 *   TRIED status + problems, config memfd  ->        the latter is empty if it can not be used
 *                                          <- LOG_LEVEL level: until the next reload
 *                                          <- LOG_OPEN id + spec memfd: the log of that pool
 *   LOG_FD id, 0 + log; or errno           ->        its path is the configuration's
 *   LOG_ROTATE flags + log if a file       ->        write there, and open pool logs anew
 *   STOP grace                             ->
 *                                          <- STOPPED  (everything drained: the manager will exit)
 *
 * A violation by either side is fatal to the channel: the supervisor kills the manager and starts
 * a new one; the manager exits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/reason.h"
#include "proto/wire.h"

#define PRIV_CHANNEL_FD   3
#define PRIV_MESSAGE_SIZE 256U
#define PRIV_TEXT_SIZE    160U
#define PRIV_KEY_SIZE     32U
#define PRIV_DUMP_MAX     (256U << 10) /* bytes of what DUMPED hands over */

enum priv_type {
	PRIV_SETUP = 1,
	PRIV_READY = 2,
	PRIV_SPAWN = 4,
	PRIV_SPAWNED = 5,
	PRIV_SPAWN_FAILED = 7,
	PRIV_SIGNAL = 8,
	PRIV_EXITED = 9,
	PRIV_RELOAD = 11,
	PRIV_RELOADED = 12,
	PRIV_RELOAD_FAILED = 13,  /* what was asked for is bad: the old one stays */
	PRIV_RELOAD_REQUEST = 14, /* manager: an administrator asked for a reload */
	PRIV_STOP = 15,
	PRIV_STOPPED = 16,
	PRIV_LOG_OPEN = 18,
	PRIV_LOG_FD = 19,
	PRIV_LOG_ROTATE = 21,
	PRIV_USER_FILE = 22,      /* manager: read the own file of the user of this specification */
	PRIV_USER_FILE_DATA = 23, /* the answer; SPAWN may follow with the same id */
	PRIV_CRIU = 24,
	PRIV_FREEZE = 25, /* manager: nobody is connected to this lsphp */
	PRIV_FROZEN = 26,
	PRIV_IMAGES = 27,
	PRIV_IMAGES_DATA = 28,
	PRIV_JUDGE = 30,
	PRIV_JUDGED = 31,
	PRIV_PING = 33,
	PRIV_ALIVE = 34, /* the answer, and whenever the text has changed */
	PRIV_TRY = 36,   /* manager: what would a reload bring? */
	PRIV_TRIED = 37,
	PRIV_LOG_LEVEL = 38, /* manager: an administrator has set it */
	PRIV_DUMPED = 39
};

/** Can lsphp be frozen and thawed here: the status of CRIU, text: version of CRIU, or why not. */
enum priv_criu {
	PRIV_CRIU_OFF = 0, /* criu_program is empty */
	PRIV_CRIU_UNKNOWN, /* still being tried */
	PRIV_CRIU_WORKS,
	PRIV_CRIU_FAILS,
	PRIV_CRIU_COUNT
};

/** What has become of a FREEZE: the status of FROZEN. */
enum priv_frozen {
	PRIV_FROZEN_DONE = 0,
	PRIV_FROZEN_BUSY,   /* a connection had come: try again when it has gone */
	PRIV_FROZEN_FAILED, /* text: CRIU's reason */
	PRIV_FROZEN_COUNT
};

/** What is to be done with images: the status of IMAGES. */
enum priv_images {
	PRIV_IMAGES_LIST = 0,
	PRIV_IMAGES_RESET,     /* those of the pool that the memfd names */
	PRIV_IMAGES_RESET_ALL, /* the memfd is empty, as with LIST */
	PRIV_IMAGES_COUNT
};

/**
 * What has become of the reading of a user's own file: the status of USER_FILE_DATA.
 *
 * The memfd has its path, a NUL, and then: FOUND, the bytes as they are; BAD, what is wrong, a NUL
 * and the remedy; ABSENT, nothing.
 */
enum priv_user_file {
	PRIV_USER_FILE_ABSENT = 0,
	PRIV_USER_FILE_FOUND,
	PRIV_USER_FILE_BAD,
	PRIV_USER_FILE_COUNT
};

/**
 * What the manager may ask to be done to the lsphp parent it had spawned, or to one child of it.
 *
 * The pid of a child is what an Apache process has told the manager: the supervisor looks for
 * itself whether it is a child of that spawn (daemon/supervisor/kin.h).
 */
enum priv_signal {
	PRIV_SIGNAL_RETIRE = 1, /* SIGTERM to the parent: busy children finish */
	PRIV_SIGNAL_KILL = 2,   /* SIGKILL to the parent and every process that descends from it */
	PRIV_SIGNAL_CHILD_TERM = 3, /* SIGTERM to the child @pid */
	PRIV_SIGNAL_CHILD_KILL = 4, /* SIGKILL to it */
	PRIV_SIGNAL_CHILD_DUMP = 5, /* no signal at all: log what it does; DUMPED says it, too */
	PRIV_SIGNAL_COUNT
};

/** The step of starting lsphp that failed; with errno it is the whole story. */
enum priv_step {
	PRIV_STEP_NONE = 0,
	PRIV_STEP_POLICY,
	PRIV_STEP_BINARY,
	PRIV_STEP_INI,
	PRIV_STEP_FORK,
	PRIV_STEP_SETSID,
	PRIV_STEP_FDS,
	PRIV_STEP_LIMITS,
	PRIV_STEP_PRIORITY,
	PRIV_STEP_GROUPS,
	PRIV_STEP_GID,
	PRIV_STEP_UID,
	PRIV_STEP_PROOF,
	PRIV_STEP_CHDIR,
	PRIV_STEP_EXEC,
	PRIV_STEP_COUNT
};

enum priv_error {
	PRIV_E_SIZE = 1, /* not PRIV_MESSAGE_SIZE bytes */
	PRIV_E_TYPE,     /* unknown type */
	PRIV_E_VALUE     /* a field out of range, or padding not zero */
};

/** One message of any type; fields that a type does not use are 0. */
struct priv_message {
	enum priv_type type;
	uint64_t id;     /* SPAWN .. EXITED, LOG_OPEN, LOG_FD: chosen by the manager, never reused
			  * for the same kind in its life */
	int32_t pid;     /* SPAWNED, EXITED, DUMPED; SIGNAL: of the child, or 0 */
	int32_t status;  /* EXITED: as waitpid(2); RELOADED: 0 or errno; STOP: grace in ms;
			  * USER_FILE_DATA: enum priv_user_file; CRIU: enum priv_criu; FROZEN:
			  * enum priv_frozen; IMAGES: enum priv_images; IMAGES_DATA: 0 or 1;
			  * TRIED: 0; 1: it can not be used. LOG_LEVEL: as of syslog(3) */
	int32_t error;   /* SPAWN_FAILED, JUDGED: errno, 0 if the reason says all; LOG_FD: 0 or
			  * errno */
	uint32_t reason; /* SPAWN_FAILED: enum reason; JUDGED: the same, or REASON_NONE */
	uint32_t step;   /* SPAWN_FAILED, JUDGED: enum priv_step */
	uint32_t signal; /* SIGNAL: enum priv_signal */
	uint32_t flags;  /* SETUP: PRIV_SETUP_*, PRIV_LOG_*; LOG_ROTATE: PRIV_LOG_*; SPAWN: may it
			  * be thawed; SPAWNED: was it */
	uint32_t ms; /* SPAWNED: of CRIU; FREEZE: of a cold start, as measured; FROZEN: of CRIU */
	uint64_t bytes;             /* FROZEN: of the image */
	uint8_t key[PRIV_KEY_SIZE]; /* SETUP: the shim's key */
	char text[PRIV_TEXT_SIZE];  /* SPAWN_FAILED, JUDGED: path or name concerned; SPAWNED: why
				     * an image that was there was not used; CRIU, FROZEN; ALIVE:
				     * one line, printable; NUL-terminated */
};

#define PRIV_SETUP_PRIVILEGED                                                                      \
	1U /* the supervisor is root: any configured user; else only its own */
#define PRIV_SETUP_ADMIN                                                                           \
	8U /* there is an admin_socket: its descriptor follows the control socket's */
#define PRIV_SETUP_METRICS 32U /* metrics is the path of a socket: its descriptor follows those */
/* Where the daemon's log goes; neither: stderr. Not both. */
#define PRIV_LOG_SYSLOG 2U
#define PRIV_LOG_FILE   4U /* its descriptor is the last one of the message */
/* SPAWN: use an image if there is a good one; SPAWNED: one was used */
#define PRIV_SPAWN_THAW 16U

/** priv_signal_has_pid() - is it one for a child, which the message has to name? */
static inline bool priv_signal_has_pid(uint32_t signal)
{
	return signal == PRIV_SIGNAL_CHILD_TERM || signal == PRIV_SIGNAL_CHILD_KILL ||
	       signal == PRIV_SIGNAL_CHILD_DUMP;
}

/** priv_encode() - into exactly PRIV_MESSAGE_SIZE bytes */
void priv_encode(uint8_t out[PRIV_MESSAGE_SIZE], const struct priv_message *m);

/** priv_decode() - Return: 0; enum priv_error. *ret is written on success only. */
int priv_decode(const uint8_t *data, size_t size, struct priv_message *ret);

const char *priv_type_name(unsigned type);
const char *priv_step_name(unsigned step);

/** priv_fd_count() - how many descriptors belong to this message */
size_t priv_fd_count(const struct priv_message *m);
