#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An order of an administrator: to which pools, and how far they are. Who is stopped, and is not
 * any more, is part of whom it is for.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"
#include "daemon/manager/steer_deed.h"
#include "proto/control.h"

struct manager;
struct steer_target;

/** One order. */
struct steer_order {
	struct list_node node;
	uint64_t id; /* never 0 */
	enum control_steer_action action;
	struct steer_item *items; /* owned */
	size_t count, capacity;
	size_t begun; /* of the items; in their order */
	size_t left;  /* that are not done */
	uint64_t since_ns;
	uint64_t until_ns;    /* whoever waits is answered then; 0: as soon as it has begun */
	uint64_t progress_ns; /* whoever waits was told last how far it is; UINT64_MAX: wants not */
};

void steer_order_free(struct steer_order *o);

/**
 * steer_order_prepare() - find the pools it is for, in the order of their numbers
 *
 * Those that it stops are noted so, and those that it lets run again are not any more; both stands
 * in the file, too.
 *
 * Return: 0; -ENOMEM, and perhaps some of it is done; -EINVAL: a name that can not be noted
 */
int steer_order_prepare(
	struct manager *m, struct steer_order *o, const struct steer_target *t) ATTR_MUST_USE;
