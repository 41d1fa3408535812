#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A program that is only asked who it is: without rights, with a time limit, nothing to write to.
 */

#include <stddef.h>

#include "daemon/base/attr.h"

/** What it says beyond that is dropped. */
#define PROBE_OUTPUT_SIZE 4096U

struct probe {
	int status;                     /* as waitpid(2) */
	char output[PROBE_OUTPUT_SIZE]; /* stdout and stderr; NUL-terminated */
};

/**
 * probe_run() - @program with one argument, as nobody
 *
 * Return: 0: it has ended, see the status; -ETIME: it was killed; -errno: it could not be run
 */
int probe_run(const char *program, const char *argument, unsigned limit_ms,
	struct probe *ret_probe) ATTR_MUST_USE;
