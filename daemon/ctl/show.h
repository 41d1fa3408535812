#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What pools work by: asked of the daemon, or of lsapid --explain where there is none. */

#include "daemon/base/attr.h"
#include "daemon/ctl/answer.h"

/** Which pools, or whose site. */
struct show_query {
	const char *pool; /* number or name; NULL: the rest says whose */
	const char *user;
	const char *vhost;   /* NULL: a pool of the whole account */
	const char *handler; /* NULL: any */
	const char *docroot; /* NULL: not said */
	const char *config;  /* lsapid.conf, for show_offline(); NULL: the usual one */
};

/**
 * show_ask() - of the daemon; what goes wrong is said on stderr
 * @pools: array that the answers are appended to
 *
 * Return: enum ctl_exit
 */
int show_ask(const struct ctl *ctl, const struct show_query *query, json_t *pools) ATTR_MUST_USE;

/** show_offline() - of the files as they are now. Return: as above */
int show_offline(const struct show_query *query, json_t *pools) ATTR_MUST_USE;
