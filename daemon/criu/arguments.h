#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The words that the supervisor starts lsapid-criu with, see job.h, as one checked structure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/criu/why.h"

#define ARGUMENTS_MAX_WATCH 256U
#define ARGUMENTS_MAX_DIRS  64U

enum arguments_op {
	ARGUMENTS_CHECK,
	ARGUMENTS_FREEZE,
	ARGUMENTS_LIST,
	ARGUMENTS_RESET,
	ARGUMENTS_RESTORE,
	ARGUMENTS_SWEEP,
	ARGUMENTS_OP_COUNT
};

/** All texts are borrowed: argv. */
struct arguments {
	enum arguments_op op;
	const char *program;                 /* absolute */
	const char *dir[ARGUMENTS_MAX_DIRS]; /* absolute; one, but to list, reset and sweep */
	size_t dir_count;
	const char *pool;   /* NULL: reset all */
	const char *home;   /* NULL: no flag of the user's */
	const char *server; /* NULL: the same */
	uint64_t uid;
	uint64_t gid;
	uint64_t pid;
	uint64_t limit_ms;
	uint64_t is_debug;
	uint64_t max_bytes;
	uint64_t max_age_s;
	uint64_t cold_ms;
	const char *watch[ARGUMENTS_MAX_WATCH];
	size_t watch_count;
};

/**
 * arguments_parse() - argv without its title
 *
 * Unknown, repeated, malformed and missing ones are all wrong: whoever starts us is of our version.
 *
 * Return: 0; 1 and @reterr names the word.
 */
int arguments_parse(int count, char *const words[], struct arguments *ret_arguments,
	struct why *reterr) ATTR_MUST_USE;
