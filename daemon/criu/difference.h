#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The first thing that is no longer as an image's manifest has it. */

#include "daemon/base/attr.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/host.h"
#include "daemon/criu/manifest.h"
#include "daemon/criu/store.h"
#include "daemon/criu/why.h"

/** What an image has to agree with. */
struct difference_now {
	struct facts facts;            /* .data NULL: not compared */
	const struct host *host;       /* borrowed */
	const struct store_pool *pool; /* borrowed; NULL: not compared */
};

/**
 * difference_find() - compare everything in @m with what is
 * @dir: the image's directory
 *
 * No value of a fact is told, as it may be a secret of the user; its key is.
 *
 * Return: 0: there is none; 1 and @ret_why names it; -ENOMEM.
 */
int difference_find(const struct manifest *m, int dir, const struct difference_now *now,
	struct why *ret_why) ATTR_MUST_USE;
