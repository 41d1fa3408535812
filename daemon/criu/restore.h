#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bringing an lsphp back: this process is the init of a pid namespace that the supervisor has made
 * for it, in a mount namespace of its own. So an lsphp gets the pid that it had, whatever else runs
 * with it, and several of one image can run at once.
 */

#include "daemon/criu/arguments.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/store.h"

/** All is borrowed: the caller's. */
struct restore {
	const struct arguments *arguments;
	const struct store *store;
	const struct store_pool *pool;
	const struct facts *facts;
};

/**
 * restore_run() - everything, reports included; does not return before all of it has ended
 *
 * Return: exit status.
 */
int restore_run(const struct restore *r);
