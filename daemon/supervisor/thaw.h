#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Thawing of an lsphp instead of its start. Whatever comes in between, it is started as if there
 * were no image.
 */

#include <stdbool.h>

#include "daemon/supervisor/launch.h"
#include "proto/fdpass.h"

struct spawn;
struct supervisor;

/**
 * thaw_begin() - thaw it if there may be an image
 *
 * Return: true if that is under way: spawn_start_cold() follows if it comes to nothing.
 */
bool thaw_begin(struct supervisor *s, struct spawn *sp, const struct launch *l,
	const struct fdpass_set *fds);
