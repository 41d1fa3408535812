#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Connections of a pool that a process holds. An accepted socket has the name of the listener that
 * it came from; so it is told from whatever else a script is connected to.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/**
 * connection_is_held() - has this process a connection of @listener?
 * @pidfd: of @pid
 *
 * In doubt it has: what cannot be looked at, and any connection if the listener has no name.
 */
bool connection_is_held(pid_t pid, int pidfd, int listener) ATTR_MUST_USE;
