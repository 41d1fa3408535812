#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the manager knows, as JSON; report_part.h is what its documents are made of. */

struct explain;
struct manager;
struct pool;
struct priv_message;
struct report_list;

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
 * report_freeze() - answer to an administrator who wanted a pool frozen
 * @error: 0 or an errno; @detail: what is wrong, for people
 *
 * Return: free() it; NULL: memory
 */
char *report_freeze(const struct pool *p, int error, const char *detail);

/** report_criu() - does CRIU work here, and if not, what can be done. Return: as above */
char *report_criu(const struct manager *m);

/** report_refused() - a command about CRIU can not be carried out. Return: as above */
char *report_refused(const char *detail);

/**
 * report_images() - answer to an administrator who asked about images
 * @answer: of the supervisor: JSON; or, if @error, what is wrong
 *
 * Return: as above
 */
char *report_images(int error, const char *answer);

/**
 * report_reload() - answer to RELOAD
 * @error: 0 or an errno; @detail: what is wrong, for people
 *
 * Return: free() it; NULL: memory
 */
char *report_reload(int error, const char *detail);

/**
 * report_show() - what a pool works by
 * @verdict: JUDGED
 *
 * Return: free() it; NULL: memory
 */
char *report_show(struct manager *m, const struct explain *e, const struct priv_message *verdict);

/* Pools of which one has to be chosen: begin, add each, end. Return: as above */
struct report_list *report_list_new(void);
void report_list_add(struct report_list *l, struct manager *m, const struct pool *p);
char *report_list_end(struct report_list *l);
