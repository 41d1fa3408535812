#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How much memory a PHP child has for itself, from /proc/PID/statm: what is resident less what is
 * shared. The kernel counts as shared the pages of files and of shared memory (the PHP binary,
 * opcache), so what is left is what the process has written: its anonymous pages. Of these a few
 * MiB are the parent's, from before the fork, and stay in common until one of them writes.
 *
 * The fair figure would be PSS (smaps_rollup), but to read that of another user takes privilege,
 * which the manager has not. statm may be read by anybody, unless /proc is mounted with hidepid.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

enum weight_error {
	WEIGHT_E_GONE = 1, /* there is no such process (any more) */
	WEIGHT_E_HIDDEN    /* /proc hides processes of other users: hidepid */
};

/**
 * weight_parse() - the text of statm: "size resident shared text lib data dt", in pages. Pure.
 *
 * Return: false: it is none
 */
bool weight_parse(const char *text, uint64_t page_size, uint64_t *ret_bytes);

/** weight_read() - of a process. Return: 0; enum weight_error; -errno */
int weight_read(pid_t pid, uint64_t *ret_bytes) ATTR_MUST_USE;
