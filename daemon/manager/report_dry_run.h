#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The answer to reload --dry-run, as JSON. */

#include "daemon/manager/dry_run.h"
#include "daemon/manager/report_part.h"

struct config;
struct manager;
struct pool;
struct pool_spec;

/** One pool under the configuration in force, and under the one that is tried. */
struct dry_run_pool {
	const struct pool *pool;
	const struct config *config[2]; /* old, new */
	const struct pool_spec *spec[2];
	enum dry_run_fate fate;
	const char *what; /* KEPT: what is wrong; else NULL */
};

/** report_dry_run_pool() - with what differs. Return: the caller's; NULL: memory */
json_t *report_dry_run_pool(const struct dry_run_pool *d);

/**
 * report_dry_run() - the whole
 * @error: 0 or an errno; @detail: for people
 *
 * Return: free() it; NULL: memory
 */
char *report_dry_run(const struct manager *m, int error, const char *detail);
