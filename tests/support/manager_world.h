#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A manager between a supervisor, a shim and an administrator that the test plays. */

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/fake_shim.h"
#include "tests/support/fake_supervisor.h"

struct world {
	struct fake_supervisor sv;
	struct fake_shim s;
	struct fake_shim admin; /* said no HELLO */
	uint32_t pool;          /* the test's */
};

/** world_start() - the manager runs with @config, and the shim of Apache @instance is known */
void world_start(struct world *w, const char *config, uint64_t instance);

/** world_start_frozen() - the same; CRIU works, and there are no images yet */
void world_start_frozen(struct world *w, uint64_t instance);

/** world_teardown() - for cmocka: *state is the world */
int world_teardown(void **state);

/** world_has_status() - does the status say @part now? */
bool world_has_status(struct world *w, const char *part);

/** world_until_status() - wait until it does; the test fails if it never comes to that */
void world_until_status(struct world *w, const char *part);

/** world_serve() - one request on a connection that is idle afterwards, or back in the pool */
void world_serve(struct world *w, struct fake_lease *l);

/** world_warm_up() - the pool of @spec runs and has served twice */
void world_warm_up(struct world *w, const char *spec, struct fake_lease *l);

/** world_expect_answer() - what a criu command of the administrator gets */
void world_expect_answer(struct world *w, uint32_t error, const char *part);
