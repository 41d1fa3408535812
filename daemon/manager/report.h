#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the manager knows, as JSON. The door of jansson in the manager, with report_why.c. */

struct manager;

/** report_status() - the whole: daemon, totals, pools, sessions. Return: free() it; NULL: memory */
char *report_status(struct manager *m);

/**
 * report_why() - the last refusals, and the counts of all of them
 * @what:      number or name of a pool, name or number of an account; "": the whole host
 * @ret_error: 0; ENOENT: no pool and no refusal matches
 *
 * Return: free() it; NULL: memory
 */
char *report_why(struct manager *m, const char *what, int *ret_error);

/**
 * report_reload() - answer to RELOAD
 * @error: 0 or an errno; @detail: what is wrong, for people
 *
 * Return: free() it; NULL: memory
 */
char *report_reload(int error, const char *detail);
