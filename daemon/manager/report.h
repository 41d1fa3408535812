#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the manager knows, as JSON. The one door of jansson in the manager. */

struct manager;

/** report_status() - the whole: daemon, totals, pools, sessions. Return: free() it; NULL: memory */
char *report_status(struct manager *m);

/**
 * report_reload() - answer to RELOAD
 * @error: 0 or an errno; @detail: what is wrong, for people
 *
 * Return: free() it; NULL: memory
 */
char *report_reload(int error, const char *detail);
