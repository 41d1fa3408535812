#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the documents of report.h are made of. jansson's door in the manager, with report*.c. */

#include <jansson.h>
#include <stdint.h>

#include "proto/reason.h"

struct manager;
struct pool;
struct refusals;

/**
 * report_text() - never NULL but without memory: jansson refuses what is not UTF-8
 *
 * Names come from httpd's configuration, so such a one is possible, and must not take the whole
 * report with it.
 */
json_t *report_text(const char *s);

void report_set_uint(json_t *o, const char *key, uint64_t v);
void report_set_text(json_t *o, const char *key, const char *s);

/** report_set_foreign() - text of strangers: what is no text is shown as the log shows it */
void report_set_foreign(json_t *o, const char *key, const char *s);

/** report_seconds() - to the millisecond */
double report_seconds(uint64_t ns);

/** report_reasons() - those that there were */
json_t *report_reasons(const uint64_t counts[REASON_COUNT]);

/** report_last_refusal() - the newest of a pool's, in short. Return: NULL: there is none */
json_t *report_last_refusal(const struct refusals *r);

/** report_lonely() - the last refusals that belong to no pool */
json_t *report_lonely(struct manager *m);

/** report_dump() - consumes @o. Return: free() it; NULL: memory */
char *report_dump(json_t *o);

/** report_daemon(), ... - parts of STATUS */
json_t *report_daemon(const struct manager *m);
json_t *report_config(const struct manager *m);
json_t *report_replacing(const struct manager *m);
json_t *report_totals(const struct manager *m);

/** report_pool() - one pool with its backends, for STATUS */
json_t *report_pool(const struct pool *p, uint64_t now_ns);
