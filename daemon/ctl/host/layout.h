#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where an Apache has its configuration, and how it is asked to read it again. */

#include <stddef.h>

#include "daemon/ctl/host/tree.h"

#define LAYOUT_MAX 5

struct layout {
	const char *name;
	const char *mark; /* a directory that only this layout has */
	/* Files that load and set up the module. Of a layout with available_* they are links there.
	 */
	const char *load_path; /* NULL: LoadModule is the first line of conf_path */
	const char *conf_path;
	const char *load_target; /* NULL: files, not links */
	const char *conf_target;
	const char *available_load; /* whole paths of the targets */
	const char *available_conf;
	const char *module_dir[LAYOUT_MAX]; /* ends in NULL, as all lists here */
	const char *scan[LAYOUT_MAX];       /* directories, or files, that may hold conflicts */
	const char *test[LAYOUT_MAX];       /* command: is the configuration good? */
	const char *reload[LAYOUT_MAX];     /* command: read it again, without losing a request */
	const char *pid_file;
};

extern const struct layout layout_debian;
extern const struct layout layout_redhat;
extern const struct layout layout_ea3;
extern const struct layout layout_ea4;

/** layout_find() - the first of @list that this host has; NULL: none */
const struct layout *layout_find(const struct tree *t, const struct layout *const *list);

/** layout_find_module() - path of mod_lsapi.so for LoadModule. Return: 0; -ENOENT */
int layout_find_module(const struct layout *l, const struct tree *t, char *out, size_t size);

/** layout_is_running() - is there a process of the pid in its file? */
bool layout_is_running(const struct layout *l, const struct tree *t);
