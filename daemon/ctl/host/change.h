#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Changes of a host that can be undone. Before each one the journal and a copy of what was there
 * are on the disk, below LSAPID_STATEDIR/setup; so whatever ends this program, the next one can
 * undo what had been done. What is already as it should be is no change.
 *
 * Undoing restores a path only if it is as we left it. What somebody else has changed since stays,
 * and is told, with the copy of what was there before us.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/attr.h"
#include "daemon/ctl/host/journal.h"
#include "daemon/ctl/host/tree.h"

enum change_word {
	CHANGE_STEP,   /* what is being done */
	CHANGE_TO_DO,  /* what somebody has to do */
	CHANGE_PROBLEM /* what failed */
};

/** Says it to people. */
typedef void (*change_tell_fn)(void *data, enum change_word word, const char *text);

struct change {
	const struct tree *tree; /* borrowed */
	struct journal journal;
	const char *group; /* borrowed: of what is changed from now on */
	size_t before;     /* entries that were there before this run */
	size_t count;      /* changes of this run, also those that a dry one would make */
	size_t left;       /* what could not be undone, as somebody else has changed it */
	int lock;          /* owned; -1: none */
	bool is_looking;   /* nothing will be changed, so others may */
	bool is_dry;       /* say what would be done, and do nothing */
	change_tell_fn tell;
	void *tell_data;
};

/**
 * change_open() - read the journal, which need not be there
 * @c: tree, tell, tell_data, is_looking and is_dry are set
 *
 * Return: 0; -errno, and it was told.
 */
int change_open(struct change *c) ATTR_MUST_USE;
void change_close(struct change *c);

/*
 * The changes. Return: 0; -errno, and it was told. Those before it are not undone:
 * change_roll_back().
 */

/** change_write() - a file with this text; a new one is root's, with mode 0644 */
int change_write(struct change *c, const char *path, const char *text) ATTR_MUST_USE;
/** change_link() - a symbolic link */
int change_link(struct change *c, const char *path, const char *target) ATTR_MUST_USE;
/** change_remove() - nothing */
int change_remove(struct change *c, const char *path) ATTR_MUST_USE;
/** change_mkdir() - a directory, and those above it */
int change_mkdir(struct change *c, const char *path) ATTR_MUST_USE;
/** change_undo_by() - what comes now is undone by a command, too, as the last of it */
int change_undo_by(struct change *c, const char *const *argv) ATTR_MUST_USE;
/** change_do() - a command that another one undoes; one that fails has done nothing */
int change_do(struct change *c, const char *const *argv, const char *const *undo) ATTR_MUST_USE;
/** change_run() - a command that is part of it; nothing is run in another root, only told */
int change_run(struct change *c, const char *const *argv) ATTR_MUST_USE;

/** change_settle() - what commands made of our files since is what we leave. Return: as above */
int change_settle(struct change *c) ATTR_MUST_USE;

/** change_roll_back() - undo this run. Return: as change_undo() */
int change_roll_back(struct change *c) ATTR_MUST_USE;

/**
 * change_undo() - undo what belongs to groups that begin with @group, the latest first
 * @group: "": all
 *
 * Return: how many were undone; -errno, and it was told.
 */
int change_undo(struct change *c, const char *group) ATTR_MUST_USE;

/** change_has() - is there anything of this group? */
bool change_has(const struct change *c, const char *group);
