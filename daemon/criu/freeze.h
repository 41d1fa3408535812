#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Writing the image of a running lsphp parent. */

#include "daemon/criu/arguments.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/store.h"

/** Notes in the manifest: what the descriptors of lsphp were. */
#define FREEZE_NOTE_LISTENER "listener"
#define FREEZE_NOTE_STDERR   "stderr"
#define FREEZE_NOTE_INI      "ini"

/** The descriptor of lsphp that is its directory of settings, if it has one. */
#define FREEZE_INI_FD 3

/** All is borrowed: the caller's. */
struct freeze {
	const struct arguments *arguments;
	const struct store *store;
	const struct store_pool *pool;
	const struct facts *facts;
};

/**
 * freeze_run() - an image in the place of the one before, if any
 *
 * Return: 0 and @ret_report; 1 and @reterr: nothing is changed, and lsphp goes on.
 */
int freeze_run(
	const struct freeze *f, struct job_report *ret_report, struct why *reterr) ATTR_MUST_USE;
