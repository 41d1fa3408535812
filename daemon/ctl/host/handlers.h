#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The handlers of lsapid.conf and its handler_map, and how the PHPs of a host get in there. */

#include "daemon/base/attr.h"
#include "daemon/config/config.h"

struct host;

/**
 * handlers_load() - lsapid.conf of the host, with its handler_map
 *
 * Return: 0 and *ret (config_free); -errno, and it was told.
 */
int handlers_load(const struct host *h, struct config **ret) ATTR_MUST_USE;

/**
 * handlers_setup() - all PHPs that are found become handlers, and the built-in one has a binary
 *
 * Return: 0; -errno, and it was told.
 */
int handlers_setup(struct host *h) ATTR_MUST_USE;
