#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The PHPs that lsapid may start, and those that it could: is each of them fit for it? */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/php_probe.h"

struct host;

struct check_php_row {
	char *handler;      /* owned */
	char *binary;       /* owned */
	bool is_configured; /* lsapid.conf or its handler_map has it */
	bool is_probed;     /* it was run */
	struct php_probe probe;
	char problem[300];  /* "": none */
	const char *remedy; /* static; NULL: there is no problem */
};

struct check_php {
	struct check_php_row *row; /* owned */
	size_t count;
	size_t problems; /* of those that are configured */
};

/** check_php_run() - Return: 0 and all of them; -errno, and it was told */
int check_php_run(const struct host *h, struct check_php *ret) ATTR_MUST_USE;
void check_php_deinit(struct check_php *c);
