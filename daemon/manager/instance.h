#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One Apache with one configuration, as all its processes call it in HELLO: which pools its
 * sessions have been told. When its parent says TERMINATE, those that no other one uses go.
 *
 * An instance outlives its sessions, since a parent stops its processes first and tells us then.
 * One that is never told of (Apache was killed) goes when its last pool has been forgotten, or when
 * too many are like it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/list.h"
#include "daemon/base/map.h"

/** Instances without any session that are remembered; of more, the oldest is dropped. */
#define INSTANCE_LEFT_MAX 64U

struct manager;
struct pool;

struct instance {
	struct list_node node; /* in live or left */
	uint64_t id;
	uint32_t sessions;  /* that are connected */
	struct map pools;   /* pool id to pool */
	bool is_terminated; /* what it used is nobody's any more */
};

struct instance_set {
	struct list live; /* with sessions */
	struct list left; /* without; longest left first */
};

void instance_set_init(struct instance_set *set);
void instance_set_deinit(struct instance_set *set);

/**
 * instance_enter() - a session of this instance has begun
 *
 * Return: borrowed until instance_leave(); NULL for id 0, or without memory: such a session's pools
 * are not terminated with it.
 */
struct instance *instance_enter(struct instance_set *set, uint64_t id);

/** instance_leave() - the session has ended; accepts NULL */
void instance_leave(struct instance_set *set, struct instance *i);

/**
 * instance_learn() - a session of it was told this pool; accepts NULL
 *
 * Without memory for it, it does not end with this instance; the log says so.
 */
void instance_learn(struct instance *i, struct pool *p);

/** instance_forget_pool() - the pool is about to be freed */
void instance_forget_pool(struct instance_set *set, const struct pool *p);

/** instance_terminate() - retire the pools that nobody else uses; nothing for an unknown id */
void instance_terminate(struct manager *m, uint64_t id);
