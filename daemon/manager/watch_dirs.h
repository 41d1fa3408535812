#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The directories that inotify looks at, so that a change of some paths is noticed: also when a
 * file is replaced by rename, is not there yet, hides behind links, or when a directory on the way
 * is removed and comes back. Each directory on the way from / is watched for the next name; the
 * last one also for what is written.
 *
 * Which those are is found anew after each change: begin, add every path, end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/attr.h"

/** Links and names on the way of one path; more is a loop. */
#define WATCH_DIRS_STEPS 256U

/** A directory, and which of its names count. */
struct watch_dir {
	char *path;   /* owned */
	char **name;  /* owned */
	size_t names; /* none of them: nothing counts, unless is_whole */
	int wd;       /* -1: not watched */
	dev_t dev;    /* of what is watched: the path may lead to another one by now */
	ino_t ino;
	bool is_leaf;   /* what is written in it counts, too */
	bool is_whole;  /* every name counts */
	bool is_needed; /* by the paths that were added since begin */
	bool is_leaf_watched;
	int error; /* positive errno: why it is not watched; told already */
};

struct watch_dirs {
	int fd;                /* owned; -1: closed */
	struct watch_dir *dir; /* owned */
	size_t count;
	size_t capacity;
};

/** A directory can not be watched; each is told once. */
typedef void (*watch_dirs_fn)(void *context, const char *path, int error);

/** watch_dirs_open() - Return: the descriptor to poll; -errno. Not needed before: { .fd = -1 } */
int watch_dirs_open(struct watch_dirs *w) ATTR_MUST_USE;
void watch_dirs_close(struct watch_dirs *w);

/** watch_dirs_begin() - what is watched from now on is what will be added */
void watch_dirs_begin(struct watch_dirs *w);

/** watch_dirs_add() - all that lies on the way to @path. Return: 0; -ENOMEM */
int watch_dirs_add(struct watch_dirs *w, const char *path) ATTR_MUST_USE;

/** watch_dirs_end() - that was all: watch it, and forget the others */
void watch_dirs_end(struct watch_dirs *w, watch_dirs_fn tell, void *context);

/**
 * watch_dirs_read() - take the events that are there
 *
 * Return: true: something happened that counts, or events were lost: look again
 */
bool watch_dirs_read(struct watch_dirs *w);

/** watch_dirs_count() - how many are watched */
size_t watch_dirs_count(const struct watch_dirs *w);
