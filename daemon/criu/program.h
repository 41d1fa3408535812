#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The program criu: which one it is, and what it says. */

#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/criu/why.h"

/** "criu check" writes a few lines. */
#define PROGRAM_OUTPUT_SIZE 16384U

struct program_output {
	int status; /* as waitpid(2) */
	size_t size;
	char text[PROGRAM_OUTPUT_SIZE]; /* stdout and stderr, what fits; NUL-terminated */
};

/**
 * program_check() - may root run it, and which one is it?
 * @path:         absolute
 * @ret_identity: tells one criu from another without running it; NULL with @size 0: no matter
 *
 * Who executes it asks, at each job: what was found when lsapid read its configuration says nothing
 * of later. Nobody but root can change what is on a path that passes, so it is run by its name.
 *
 * Return: 0; 1 and @reterr with the remedy.
 */
int program_check(
	const char *path, char *ret_identity, size_t size, struct why *reterr) ATTR_MUST_USE;

/**
 * program_ask() - run it with one argument and wait for its end
 *
 * Return: 0; -errno, also if it cannot be executed.
 */
int program_ask(
	const char *path, const char *argument, struct program_output *ret_output) ATTR_MUST_USE;
