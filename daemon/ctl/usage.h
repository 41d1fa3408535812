#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Memory and processor of PHP's processes, put into the answer to STATUS. lsapidctl reads them and
 * not the manager: to look at thousands of processes takes a while, in which the manager would
 * serve nobody, and the fair figure of memory (PSS) takes root.
 *
 * Each pool gets "processes": an array of objects with pid, parent, role (init, parent, child,
 * other), name, state, age_s, cpu_s, rss_kib, pss_kib, and what its backend tells: requests,
 * request, session. The pool itself gets cpu_s, rss_kib, pss_kib, as does "totals". Where a figure
 * is not known, it is null.
 */

#include <jansson.h>

#include "daemon/ctl/amount.h"
#include "daemon/ctl/cmd.h"
#include "proto/procs.h"

/** Of more processes than this in one answer the PSS is not read: it would take too long. */
#define USAGE_MAX_PSS 1000U
/** Of a host with more processes none is looked at. */
#define USAGE_MAX_PROCESSES 200000U

/**
 * usage_try() - STATUS with figures
 * @ret_answer: json_decref() it
 * @reterr_why: ANSWER_WHY_SIZE bytes
 *
 * Return: enum ctl_exit
 */
int usage_try(const struct ctl *ctl, json_t **ret_answer, char *reterr_why) ATTR_MUST_USE;

/** usage_ask() - the same; what is wrong is said on stderr */
int usage_ask(const struct ctl *ctl, json_t **ret_answer) ATTR_MUST_USE;

/** usage_add() - to an answer */
void usage_add(json_t *answer, const struct procs *procs);

/** usage_memory() - of a pool or process: PSS, or what is resident; "": not known */
const char *usage_memory(const json_t *o, char out[AMOUNT_SIZE]);
