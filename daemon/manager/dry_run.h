#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a reload would do, without doing it. The supervisor reads the files, as it would; the pools
 * that run are looked at by the functions of a reload, in parts, so that no request waits.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

struct json_t;
struct manager;
struct peer;
struct priv_message;

/** What a reload would do to a pool that runs. */
enum dry_run_fate {
	DRY_RUN_SAME = 0,
	DRY_RUN_CHANGED,  /* it works by other settings, at once */
	DRY_RUN_REPLACED, /* its PHP was started with others: it ends, what it runs finishes */
	DRY_RUN_KEPT,     /* the new ones can not be: it goes on with those that it has */
	DRY_RUN_FATE_COUNT
};

struct dry_run {
	uint64_t id;          /* of the last one */
	bool is_under_way;    /* until whoever waits is answered */
	struct event timeout; /* a supervisor that works answers long before */
	struct event sweep;   /* the next part of @pools */
	struct config *fresh; /* owned; NULL: none is there, or it can not be used */
	struct config_problems problems;
	uint32_t *pools; /* owned: numbers of those that run */
	size_t count, at;
	size_t fates[DRY_RUN_FATE_COUNT];
	struct json_t *found; /* owned: what would happen to those that do not stay the same */
};

/** dry_run_init() - Return: 0; -ENOMEM */
int dry_run_init(struct dry_run *d, struct manager *m) ATTR_MUST_USE;
void dry_run_deinit(struct dry_run *d);

/** dry_run_begin() - @p is answered when it is known */
void dry_run_begin(struct manager *m, struct peer *p, uint32_t sequence);

/** dry_run_on_tried() - the supervisor's answer. Return: false: a violation */
bool dry_run_on_tried(struct manager *m, const struct priv_message *msg, const int fds[2]);
