#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Effective settings of a pool: what the shim's specification says, and for every key that it
 * leaves out what lsapid.conf (or else the documented default) says. The completed specification
 * is canonical again: it is what the supervisor is asked to start.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "proto/pool_spec.h"
#include "proto/reason.h"

/** What the manager itself needs to know. */
struct effective {
	uid_t uid;
	gid_t gid;
	uint32_t children;
	uint32_t pgrp_max_idle_s; /* 0: for ever */
};

/**
 * effective_read() - settings that the manager acts on
 *
 * Return: 0; 1 if the specification is not usable: uid, gid or handler missing, or a number that
 *         is none or out of its bounds; then *ret_what names the key (static).
 */
int effective_read(const struct pool_spec *spec, const struct config *c, struct effective *ret,
	const char **ret_what) ATTR_MUST_USE;

/**
 * effective_complete() - the specification with every key that lsapid.conf has a default for
 * @out: POOL_SPEC_MAX_BYTES; *ret_spec views it
 *
 * Return: 0; enum pool_spec_error (it grew beyond its bounds).
 */
int effective_complete(const struct pool_spec *spec, const struct config *c, char *out,
	struct pool_spec *ret_spec) ATTR_MUST_USE;
