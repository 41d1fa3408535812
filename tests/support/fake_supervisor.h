#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The other end of the manager's channel, without root: starts lsapid-manager in a directory of
 * its own, starts fake_lsphp when asked to, and reports what becomes of it. It runs in a thread,
 * so that the test can play shims and wait for answers.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/fdpass.h"
#include "proto/priv.h"

#define FAKE_SUPERVISOR_PARENTS 64

struct fake_parent {
	uint64_t id; /* 0: free */
	pid_t pid;
};

struct fake_supervisor {
	char dir[512]; /* also the working directory of the test, with control.sock in it */
	pid_t manager;
	int channel;
	pthread_t thread;
	uint8_t key[PRIV_KEY_SIZE];
	struct fake_parent parent[FAKE_SUPERVISOR_PARENTS]; /* the thread's */

	/* what to do: set by the test before it happens */
	_Atomic uint32_t refuse;            /* enum reason: answer SPAWN_FAILED; 0: start it */
	char *_Atomic option;               /* of fake_lsphp; NULL: none */
	const char *_Atomic reload_problem; /* answer of RELOAD_REQUEST; NULL: none at all */

	const char *_Atomic user_file; /* answer of USER_FILE, "!" first: BAD; NULL: ABSENT */
	_Atomic bool is_reader_mute;   /* no answer of USER_FILE by itself */

	_Atomic int frozen;                /* answer of FREEZE: enum priv_frozen; -1: none yet */
	const char *_Atomic frozen_text;   /* with it, or NULL */
	_Atomic bool thaws;                /* a SPAWN that may be thawed is, as SPAWNED says */
	const char *_Atomic spawned_text;  /* with SPAWNED, or NULL */
	const char *_Atomic images_answer; /* answer of IMAGES: "!" first: it failed; NULL: none */

	_Atomic bool holds_spawned; /* the test sends what is held, later */

	_Atomic bool is_mute; /* reads nothing and answers nothing, as if it were stopped */

	/* what was seen */
	_Atomic uint32_t spawns, retires, kills, exits, reloads, reload_requests, readings;
	_Atomic uint32_t tries;      /* TRY has come, so often */
	_Atomic int log_level;       /* of the last LOG_LEVEL */
	_Atomic uint64_t reading_id; /* of the last USER_FILE */
	_Atomic bool is_ready, is_stopped, has_quit, has_to_quit, is_broken;
	_Atomic uint32_t child_terms, child_kills;
	_Atomic uint32_t freezes, images;
	_Atomic uint32_t alives;
	_Atomic uint32_t spawn_flags; /* of the last SPAWN */
	_Atomic uint64_t freeze_id;   /* of the last FREEZE */
	_Atomic uint32_t freeze_ms;   /* of the same */
	_Atomic uint32_t images_what; /* of the last IMAGES: enum priv_images */
	char images_name[256];        /* of the same */
	_Atomic int last_child;       /* that was to be signalled */
	_Atomic int last_pid;         /* of the parent started last */
	_Atomic int exit_status;      /* of the manager, as waitpid(2) */
	struct priv_message held;     /* the last answer of SPAWN */
	char spec[16384];             /* of the last SPAWN; entries end with a newline */
};

/**
 * fake_supervisor_start() - directory, socket, manager, SETUP; returns after READY
 * @config: text of lsapid.conf; runtime_dir and a handler "php" are added
 *
 * Fails the running test if something does not work.
 */
void fake_supervisor_start(struct fake_supervisor *s, const char *config);

/** fake_supervisor_reload() - hand over another lsapid.conf */
void fake_supervisor_reload(struct fake_supervisor *s, const char *config);

/** fake_supervisor_answer_user_file() - USER_FILE_DATA for the last USER_FILE */
void fake_supervisor_answer_user_file(struct fake_supervisor *s);

/** fake_supervisor_send() - any message; @fds is consumed, or NULL */
void fake_supervisor_send(
	struct fake_supervisor *s, const struct priv_message *m, struct fdpass_set *fds);

/** fake_supervisor_say_criu() - CRIU, with this state and text */
void fake_supervisor_say_criu(struct fake_supervisor *s, enum priv_criu state, const char *text);

/** fake_supervisor_answer_freeze() - FROZEN for the last FREEZE */
void fake_supervisor_answer_freeze(
	struct fake_supervisor *s, enum priv_frozen status, const char *text);

/** fake_supervisor_begin_stop() - STOP with this grace */
void fake_supervisor_begin_stop(struct fake_supervisor *s, int grace_ms);

/** fake_supervisor_end_stop() - returns when the manager has exited */
void fake_supervisor_end_stop(struct fake_supervisor *s);

/** fake_supervisor_stop() - both */
void fake_supervisor_stop(struct fake_supervisor *s, int grace_ms);

/** fake_supervisor_hang_up() - close the channel; returns when the manager has exited */
void fake_supervisor_hang_up(struct fake_supervisor *s);

/** fake_supervisor_restart() - kill the manager, start another one in the same directory */
void fake_supervisor_restart(struct fake_supervisor *s, const char *config);

/** fake_supervisor_end() - stop if it runs, remove everything; fails if a process is left over */
void fake_supervisor_end(struct fake_supervisor *s);

/** fake_supervisor_until() - wait until the counter is at least @value; fails after 5 s */
void fake_supervisor_until(const _Atomic uint32_t *counter, uint32_t value);
