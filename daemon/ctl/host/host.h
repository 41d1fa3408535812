#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A host as lsapidctl setup and its like see it: its files, its panel, its Apache, and what they
 * change. One for each run of the program.
 */

#include <stdbool.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/change.h"
#include "daemon/ctl/host/layout.h"
#include "daemon/ctl/host/matrix.h"
#include "daemon/ctl/host/panel.h"
#include "daemon/ctl/host/tree.h"

/** What the command line says. */
struct host_options {
	const char *root; /* NULL: our own */
	bool is_verbose;
	bool is_forced;
	bool is_dry;
	bool is_json;
	bool is_looking; /* nothing will be changed */
};

/** Groups of changes; that of a domain ends in a slash, so that none begins like another. */
#define HOST_GROUP_ALL    "host "
#define HOST_GROUP_SETUP  HOST_GROUP_ALL "setup"
#define HOST_GROUP_GLOBAL HOST_GROUP_ALL "global"
#define HOST_GROUP_DOMAIN HOST_GROUP_ALL "domain "

/** What was said, for --json. */
struct host_lines {
	char **line; /* owned */
	size_t count;
};

struct host {
	struct host_options options;
	struct tree tree;
	const struct panel *panel;   /* never NULL after host_open() */
	const struct layout *layout; /* NULL: there is no Apache that we know */
	struct change change;
	struct host_lines steps;
	struct host_lines notes;
	bool was_told; /* that Apache could not be asked */
};

/** host_open() - look at the host. Return: 0; -errno, and it was told; host_close() in any case */
int host_open(struct host *h, const struct host_options *options) ATTR_MUST_USE;
void host_close(struct host *h);

/** host_fail() - what failed, and the remedy, on stderr. Return: -EINVAL, for the caller's return
 */
int host_fail(const char *format, ...) ATTR_PRINTF(1, 2);

/** host_note() - what came of it, or is left to do, on stdout; with --json kept for its end */
void host_note(struct host *h, const char *format, ...) ATTR_PRINTF(2, 3);

/** host_read() - a text file that has to be there. Return: malloc'ed; NULL, and it was told */
char *host_read(const struct host *h, const char *path);
