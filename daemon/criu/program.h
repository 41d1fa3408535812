#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The program criu: which one it is, and what it says. */

#include <stddef.h>

#include "daemon/base/attr.h"

/** "criu check" writes a few lines. */
#define PROGRAM_OUTPUT_SIZE 16384U

struct program_output {
	int status; /* as waitpid(2) */
	size_t size;
	char text[PROGRAM_OUTPUT_SIZE]; /* stdout and stderr, what fits; NUL-terminated */
};

/**
 * program_identify() - tell one criu from another without running it
 * @path: absolute
 *
 * Return: 0; -errno.
 */
int program_identify(const char *path, char *ret_text, size_t size) ATTR_MUST_USE;

/**
 * program_ask() - run it with one argument and wait for its end
 *
 * Return: 0; -errno, also if it cannot be executed.
 */
int program_ask(
	const char *path, const char *argument, struct program_output *ret_output) ATTR_MUST_USE;
