#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A file that lines are appended to, perhaps by several processes at once: O_APPEND, and one
 * write(2) per line. A full disk costs lines, which are counted, and never a line its beginning:
 * what follows a line that was cut off begins a new one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_file {
	int fd;        /* owned; -1: none */
	bool is_torn;  /* the last line has no end */
	uint64_t lost; /* lines that were not taken; whoever tells it sets it back */
};

/* clang-format off */
#define LINE_FILE_EMPTY { .fd = -1 }
/* clang-format on */

/** line_file_replace() - write to @fd from now on, which is consumed; -1: to nothing */
void line_file_replace(struct line_file *f, int fd);

/**
 * line_file_write() - one line with its end
 *
 * Return: 0; -errno (ENOSPC, EDQUOT, EBADF if there is none): the line is lost, and counted.
 */
int line_file_write(struct line_file *f, const char *line, size_t size);
