#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is special about each panel: one const entry each, in a file of its own. What all have in
 * common (Apache's files, lsapid's handlers) is setup.c's.
 */

#include <stddef.h>

#include "daemon/ctl/host/layout.h"
#include "daemon/ctl/host/matrix.h"
#include "daemon/ctl/host/php_binary.h"

struct host;
struct domains;

#define PANEL_MAX 6

struct panel {
	enum panel_id id;
	const char *mark[PANEL_MAX];      /* one of these is there; ends in NULL, as all lists */
	const char *more_mark[PANEL_MAX]; /* and one of these, if there are any */
	const char *version_path;         /* file with its version in the first line; NULL */
	const struct layout *layout[PANEL_MAX];
	const struct php_place *php[PANEL_MAX];
	bool is_php_ours; /* .php is lsphp's wherever the panel says nothing else */
	const char *next; /* what is left to do in the panel after setup; NULL: nothing */
	/*
	 * What setup does besides; enable-*; NULL: nothing. All changes go through h->change.
	 * Return: 0; -errno, and it was told.
	 */
	int (*setup)(struct host *h);
	int (*enable_global)(struct host *h);
	int (*enable_domain)(struct host *h, const char *domain);
	/* DirectAdmin: custombuild does Apache's and PHP's part, and setup() only asks it to */
	bool is_custombuild;
	/* domains of each PHP that mod_lsapi serves; NULL: the panel does not tell */
	int (*count_domains)(const struct host *h, struct domains *d);
};

extern const struct panel panel_cpanel_ea3;
extern const struct panel panel_cpanel_ea4;
extern const struct panel panel_directadmin;
extern const struct panel panel_interworx;
extern const struct panel panel_ispmanager;
extern const struct panel panel_none;
extern const struct panel panel_plesk;

/** panel_find() - the panel of a host, by its marks */
const struct panel *panel_find(const struct tree *t);

/** panel_get() - the entry of an id */
const struct panel *panel_get(enum panel_id id);
