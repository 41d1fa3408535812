#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Answers to administrators who steer, as JSON. */

#include "daemon/manager/report_part.h"

struct dry_run;
struct manager;
struct steer_order;

/**
 * report_order() - how far an order is, pool by pool
 * @error: 0 or an errno: that of the answer
 *
 * Return: free() it; NULL: memory
 */
char *report_order(struct manager *m, const struct steer_order *o, int error);

/** report_log_level() - and whether an administrator has set it. Return: as above */
char *report_log_level(const struct manager *m);

/** report_stopped() - who is stopped. Return: an array; the caller's; NULL: memory */
json_t *report_stopped(struct manager *m);
