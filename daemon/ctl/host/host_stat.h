#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is installed, switched on and used on a host.
 *
 * Source: behaviours.md B77.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/domains.h"

struct host;

/** A directive of lsapi.conf. */
struct host_stat_option {
	char *name;  /* owned */
	char *value; /* owned */
};

struct host_stat {
	char panel_version[64];   /* "": it does not say */
	const char *module;       /* its version; NULL: it is not installed */
	char module_path[256];    /* "" */
	const char *library_path; /* lsphp of the built-in handler; NULL: none */
	char library[32];         /* its version; "": it was not run */
	char criu[32];            /* version; "": it is not installed, or was not run */
	bool has_criu;
	bool is_enabled;                 /* Apache loads the module, and lsapi_engine is not off */
	struct host_stat_option *option; /* owned */
	size_t option_count;
	bool has_domains; /* the panel tells */
	struct domains domains;
};

/** host_stat_take() - Return: 0; -errno, and it was told */
int host_stat_take(const struct host *h, struct host_stat *ret) ATTR_MUST_USE;
void host_stat_deinit(struct host_stat *s);
