#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The process title: "lsphp:/path/of/script.php" while a script runs, the original command line
 * otherwise. Written into the memory that the kernel shows as the command line, hence free of
 * system calls.
 */

#include <stddef.h>

struct title {
	char *area;     /* borrowed: the kernel's argument memory */
	char *original; /* owned: copy of it */
	size_t size;
	size_t shown; /* bytes that differ from the original at most */
};

/** title_init() - remember where the command line is; a title is then cut at its length */
void title_init(struct title *t, int argc, char **argv);

/** title_show() - the last part of @script that fits behind "lsphp:" */
void title_show(struct title *t, const char *script);

/** title_reset() - the original command line again */
void title_reset(struct title *t);
