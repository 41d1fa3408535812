#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pools whose PHP has changed on the disk are replaced one after the other, at replace_rate: each
 * is retired as by a reload, and starts again when it is asked for.
 */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/base/list.h"

struct manager;
struct pool;

struct replace {
	struct list queue; /* pools that have to be replaced */
	struct event tick;
	uint64_t last_ns; /* one was retired then */
	uint32_t total;   /* since the queue was empty */
	uint32_t done;
	char path[256]; /* what has changed last; "": nothing yet */
};

/** replace_init() - Return: 0; -ENOMEM */
int replace_init(struct replace *r, struct manager *m) ATTR_MUST_USE;
void replace_deinit(struct replace *r);

/** replace_begin() - the PHP of this handler is another one. Return: pools that will follow */
uint32_t replace_begin(struct manager *m, const char *handler, const char *path);

/** replace_draining() - pools that were retired for this and have not ended yet */
uint32_t replace_draining(const struct manager *m);

/**
 * replace_left_ns() - how long until the next pool may be retired; pure
 * @rate:     per second, and at the same time; 0: no bound
 * @draining: that have not ended yet
 */
uint64_t replace_left_ns(uint32_t rate, uint32_t draining, uint64_t last_ns, uint64_t now_ns);
