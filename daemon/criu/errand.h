#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A short piece of work in a process of its own, as it may never come back. */

#include <stdint.h>

#include "daemon/base/attr.h"

/** errand_fn - runs in the child. Return: its exit status, 0..255 */
typedef int (*errand_fn)(const void *arg);

/**
 * errand_run() - fork, run @fn, and wait for no longer than @limit_ms
 *
 * One that is late is killed. If a dead file server holds it all the same, it is left to the init
 * of its namespace to reap.
 *
 * Return: exit status; -ETIMEDOUT; -ECHILD: killed by a signal; other -errno.
 */
int errand_run(errand_fn fn, const void *arg, uint32_t limit_ms) ATTR_MUST_USE;
