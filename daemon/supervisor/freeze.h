#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Freezing of an lsphp that runs: its image is written, and it goes on. What lsapid-criu has to be
 * told of it is kept from its start on, since the configuration may be another one by then.
 */

#include <stdint.h>

#include "daemon/supervisor/launch.h"
#include "proto/fdpass.h"

struct spawn;
struct supervisor;

/**
 * freeze_prepare() - keep what a later freezing of this start needs to know
 *
 * Nothing if it will never be frozen. @fds as in spawn_request().
 */
void freeze_prepare(struct supervisor *s, struct spawn *sp, const struct launch *l,
	const struct fdpass_set *fds);

/** freeze_give_up() - it will not be frozen any more */
void freeze_give_up(struct spawn *sp);

/** freeze_request() - FREEZE has come; a spawn that has ended meanwhile is no fault */
void freeze_request(struct supervisor *s, uint64_t id, uint32_t cold_ms);
