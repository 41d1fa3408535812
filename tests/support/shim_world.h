#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* One Apache process of the shim and a manager that misbehaves, for tests of shim/shim_process.h.
 */

#include "shim/shim_process.h"
#include "tests/support/fake_manager.h"

#define SHIM_WORLD_POOLS 6U

struct shim_world {
	struct shim_world *next;
	struct fake_manager manager;
	struct shim_global global;
	struct shim_process *process; /* never freed, as in httpd */
	unsigned fds_before;
	unsigned tables_before;
	/* of the crowd */
	_Atomic unsigned served;
	_Atomic unsigned rejected;
	_Atomic unsigned denied;
	_Atomic unsigned failed[SHIM_SESSION_E_GONE + 1];
};

/** shim_world_set_up() and shim_world_tear_down() - a world for each test, nothing left of it */
int shim_world_set_up(void **state);
int shim_world_tear_down(void **state);

/** shim_world_take_for() - the same for a client that may leave */
struct shim_conn *shim_world_take_for(
	struct shim_world *w, unsigned pool, int client_fd, struct shim_lease_failure *f);

/** shim_world_take() - shim_lease_take() of pool number @pool, as a request would */
struct shim_conn *shim_world_take(
	struct shim_world *w, unsigned pool, uint32_t wait_ms, struct shim_lease_failure *f);

/** shim_world_get_pool() - made at its first use; borrowed: process */
struct shim_pool *shim_world_get_pool(struct shim_world *w, unsigned number);

/** shim_world_wait() - the manager counts in a thread of its own: until @count is @least */
void shim_world_wait(const _Atomic unsigned *count, unsigned least);
