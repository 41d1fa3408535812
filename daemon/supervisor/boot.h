#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the daemon needs before anything runs: its directory and the lock on it, the shim's key, and
 * the control socket, bound here or adopted from systemd.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/supervisor/settings.h"
#include "proto/priv.h"

struct boot {
	int runtime_fd;  /* owned: runtime_dir */
	int lock_fd;     /* owned: held for our whole life */
	int control_fd;  /* owned: listening */
	int admin_fd;    /* owned: listening; -1: there is no admin_group */
	int metrics_fd;  /* owned: listening; -1: metrics is no path of a socket */
	int ini_fd;      /* owned: directory of the ini files of pools */
	bool is_adopted; /* the socket is systemd's: not ours to remove */
	uint8_t key[PRIV_KEY_SIZE];
};

void boot_init(struct boot *b);

/** boot_deinit() - removes the sockets that were bound here */
void boot_deinit(struct boot *b, const struct settings *s);

/**
 * boot_adopt_socket() - take the control socket that systemd listens on, if there is one
 *
 * LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are removed from our environment.
 *
 * Return: 0; 1 and one problem. Source: sd_listen_fds(3).
 */
int boot_adopt_socket(struct boot *b, struct config_problem *ret_problem) ATTR_MUST_USE;

/**
 * boot_prepare() - directories, lock, key, and the control socket unless one was adopted
 *
 * Return: 0; 1 and one problem.
 */
int boot_prepare(
	struct boot *b, const struct settings *s, struct config_problem *ret_problem) ATTR_MUST_USE;
