#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the manager itself takes from a specification that config_merge() has completed by the
 * pool files and lsapid.conf. The same specification is what the supervisor is asked to start.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/config/config.h"
#include "daemon/manager/freeze_policy.h"
#include "daemon/manager/wait_terms.h"
#include "proto/pool_spec.h"
#include "proto/reason.h"

/** What the manager itself needs to know. */
struct effective {
	uid_t uid;
	gid_t gid;
	uint32_t children;
	uint32_t pgrp_max_idle_s; /* 0: for ever */
	uint32_t max_process_time_s;
	uint32_t slow_time_s;      /* 0: no request is called slow */
	uint32_t max_lifetime_s;   /* 0: for ever */
	uint64_t max_memory;       /* bytes; 0: any */
	struct wait_settings wait; /* whether a file says so is the caller's to know */
	bool has_connection_pool;  /* else a child and a connection for each request */
	uint32_t max_connections;  /* kept for further requests */
	uint32_t pgrp_max_reqs;    /* 0: any number */
	uint32_t pgrp_max_crashes; /* 0: any number */
	bool has_dump_debug_info;
	enum freeze_mode criu;
	uint32_t initial_start; /* 0: never */
	bool has_criu_reset;
};

/**
 * effective_read() - settings that the manager acts on
 * @spec: complete
 *
 * Return: 0; 1 if the specification is not usable: uid, gid or handler missing, or a number that
 *         is none or out of its bounds; then *ret_what names the key (static).
 */
int effective_read(
	const struct pool_spec *spec, struct effective *ret, const char **ret_what) ATTR_MUST_USE;

/**
 * effective_is_own() - does only the manager act on this entry of a specification?
 * @entry: "key=value"
 *
 * Then PHP that runs need not be replaced when its value changes.
 */
bool effective_is_own(const char *entry);
