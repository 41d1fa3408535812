#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Programs of Apache and of panels: run one, wait for its end, keep what it says. */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"

/** What it writes beyond that is read and dropped. */
#define RUN_OUTPUT_SIZE 16384U
/** To build all virtual hosts anew takes a panel minutes. */
#define RUN_LIMIT_S 900U

struct run_output {
	int status; /* as waitpid(2) */
	size_t size;
	char text[RUN_OUTPUT_SIZE]; /* stdout and stderr; NUL-terminated */
};

/**
 * run_program() - with nothing on its stdin, and an environment of PATH and LANG only
 * @argv:    an absolute path first
 * @limit_s: after so many seconds it is killed
 *
 * Return: 0: it ended, see the status; -ETIME: it was killed; -errno: it could not be run.
 */
int run_program(
	const char *const *argv, unsigned limit_s, struct run_output *ret_output) ATTR_MUST_USE;

/** run_program_in() - the same, in a directory; NULL: ours */
int run_program_in(const char *directory, const char *const *argv, unsigned limit_s,
	struct run_output *ret_output) ATTR_MUST_USE;

/** run_has_worked() - ended by itself with 0 */
bool run_has_worked(const struct run_output *output);

/** run_join() - the command as one line for people. Return: @out */
const char *run_join(const char *const *argv, char *out, size_t size);
