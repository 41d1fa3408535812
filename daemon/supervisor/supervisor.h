#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * lsapid, the supervisor: the one context of the root process. It parses configuration that is
 * root's and fixed-size messages of the manager, nothing else; it never waits for anybody.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/supervisor/boot.h"
#include "daemon/supervisor/criu.h"
#include "daemon/supervisor/helper.h"
#include "daemon/supervisor/link.h"
#include "daemon/supervisor/logs.h"
#include "daemon/supervisor/notify.h"
#include "daemon/supervisor/settings.h"
#include "daemon/supervisor/spawn.h"
#include "daemon/supervisor/user_file_set.h"

enum supervisor_phase {
	SUPERVISOR_RUNNING = 0,
	SUPERVISOR_DRAINING, /* STOP sent: the manager waits for requests under way, and ends */
	SUPERVISOR_ENDING,   /* the manager is done: SIGTERM to all that is left, later SIGKILL */
	SUPERVISOR_DONE,
	SUPERVISOR_PHASE_COUNT
};

struct supervisor {
	const char *config_path;    /* borrowed: main */
	const char *manager_binary; /* borrowed: main */
	struct settings *settings;  /* owned */
	struct boot boot;
	struct link link;
	struct logs logs;
	struct spawn_set spawns;
	struct user_file_set user_files;
	struct helper_set helpers;
	struct criu criu;
	struct notify notify;
	enum supervisor_phase phase;
	int signal_fd;        /* owned */
	int null_fd;          /* owned: /dev/null */
	pid_t pid;            /* our own */
	uint64_t now_ns;      /* of this turn of the loop */
	uint64_t deadline_ns; /* DRAINING, ENDING: when patience ends */
};

/**
 * supervisor_run() - from the start to the end of the daemon
 * @settings: consumed
 *
 * Return: exit status of the process.
 */
int supervisor_run(struct settings *settings, const char *config_path, const char *manager_binary);

/**
 * supervisor_reload() - read the configuration anew
 *
 * Return: 0; 1 and one problem, which is logged: the configuration in force stays.
 */
int supervisor_reload(struct supervisor *s, struct config_problem *ret_problem);

/**
 * supervisor_read_successor() - read a configuration that may take the place of the present one
 *
 * Return: 0 and *ret_settings; 1 and what is wrong, added to *ret
 */
int supervisor_read_successor(
	const struct supervisor *s, struct settings **ret_settings, struct config_problems *ret);

/** supervisor_on_stopped() - the manager has drained, and is about to exit */
void supervisor_on_stopped(struct supervisor *s);

/** supervisor_on_manager_gone() - it was reaped while we stop */
void supervisor_on_manager_gone(struct supervisor *s);
