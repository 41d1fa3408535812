#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The init of the pid namespace of one restored lsphp: it has to be there as long as anything in
 * it, and does as little as that needs. It is the parent of lsphp: hands on SIGTERM, says how lsphp
 * has ended, reaps whatever its children leave behind.
 *
 * If the supervisor ends, lsphp gets its SIGTERM, as it would as a child of the supervisor: so what
 * it runs can finish. This is seen by the report pipe, which nobody reads any more.
 */

#include <sys/types.h>

#include "daemon/base/attr.h"

/**
 * init_block() - from now on no signal ends us or gets lost; before lsphp is there
 *
 * Return: descriptor for init_run(); -errno.
 */
int init_block(void) ATTR_MUST_USE;

/**
 * init_confine() - let go of all that init_run() does not need
 * @signal_fd: stays open, as the report pipe does
 *
 * Return: 0; -errno.
 */
int init_confine(int signal_fd) ATTR_MUST_USE;

/**
 * init_run() - until there is no process left in the namespace
 * @lsphp: its end is reported
 */
void init_run(int signal_fd, pid_t lsphp);
