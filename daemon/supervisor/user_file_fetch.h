#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the child of user_file.h does, after it has become the user: open, check on the descriptor,
 * read, write all of it into a pipe. Never looks up a second component of a path below the home.
 */

#include <stdint.h>
#include <sys/types.h>

/** What comes first out of the pipe; the bytes of the file follow. */
struct user_file_head {
	uint32_t result; /* enum user_file_result */
	int32_t error;
};

struct user_file_order {
	const char *home;
	uid_t uid;
};

/** user_file_fetch() - into @out, which is a pipe with somebody at its end */
void user_file_fetch(const struct user_file_order *order, int out);

/** user_file_run() - the same into descriptor 1, and _exit(2). @order: struct user_file_order */
void user_file_run(const void *order);
