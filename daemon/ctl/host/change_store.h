#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The journal of changes, and the copies of files beside it, on the disk. For change.c alone; all
 * have told what failed.
 */

#include <limits.h>

#include "build_config.h"
#include "daemon/base/attr.h"
#include "daemon/ctl/host/change.h"

/** Root's alone: files may be in there that others must not read. */
#define CHANGE_PLACE LSAPID_STATEDIR "/setup"

void change_tell(const struct change *c, enum change_word word, const char *format, ...)
	ATTR_PRINTF(3, 4);

/** change_fail() - tells why @r is not 0. Return: @r */
int change_fail(const struct change *c, const char *path, int r);

/** change_store_make() - the directory. Return: 0; -errno */
int change_store_make(const struct change *c) ATTR_MUST_USE;

/** change_store_end() - without a change that could be undone nothing of it is left */
void change_store_end(const struct change *c);

/** change_store_journal() - write it as it is now. Return: 0; -errno */
int change_store_journal(const struct change *c) ATTR_MUST_USE;

/** change_store_path() - where a copy is; @which: "before", "after" */
void change_store_path(char out[PATH_MAX], unsigned number, const char *which);

/** change_store_copy() - keep a text; NULL: there is none. Return: 0; -errno */
int change_store_copy(
	const struct change *c, unsigned number, const char *which, const char *text) ATTR_MUST_USE;

/** change_store_read() - Return: 0 and a malloc'ed text; -errno */
int change_store_read(
	const struct change *c, unsigned number, const char *which, char **ret) ATTR_MUST_USE;

/** change_store_drop() - both copies */
void change_store_drop(const struct change *c, unsigned number);
