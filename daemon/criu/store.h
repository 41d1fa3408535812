#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The directory of all images, and in it one for each pool, a shelf:
 *
 *   DIR/lsapi_<name>_<digest>_criu_imgs/    root's alone, as all below
 *       image.7/                            the image: CRIU's files, manifest, used
 *       new.<pid>.<n>/                      one that is being written
 *       gone.6/                             one that will be removed when nobody reads it any more
 *       *reset*                             a flag of the administrator's, see reset_flag.h
 *
 * Several processes work here at once. Names in a shelf change only under its lock (flock), which
 * is held for moments. Whoever writes or reads an image has a lock on that image's own directory;
 * so nothing is removed under a reader, and what a dead process left is known by its lock being
 * free. What is to be removed is renamed first, so that no reader finds half of it.
 *
 * image.h works in it; sweep.h, list.h and reset_flag.h walk over it.
 *
 * Source: mod_lsapi's manual, "CRIU Support", has lsapi_*_criu_imgs.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/base/attr.h"
#include "daemon/criu/why.h"

#define STORE_NAME_SIZE 256U

struct store {
	int dir; /* owned */
};

/** Whose image. The name alone need not be unique. */
struct store_pool {
	const char *name;
	const char *handler; /* fact "spec.handler" */
	uid_t uid;
	gid_t gid;
};

/** store_shelf_fn - of each shelf by its name. Return: 0: go on; else store_walk() returns it */
typedef int (*store_shelf_fn)(const struct store *s, const char *name, void *arg);

/**
 * store_open() - open the directory of all images; its last component is made if it is missing
 * @path: absolute; root's (or our own user's), writable by nobody else, no link on the way
 *
 * Return: 0; 1 and @reterr says what is wrong and what to do.
 */
int store_open(const char *path, struct store *ret_store, struct why *reterr) ATTR_MUST_USE;
void store_close(struct store *s);

/** store_shelf_name() - of the directory for the images of @pool */
void store_shelf_name(const struct store_pool *pool, char out[STORE_NAME_SIZE]);

/** store_is_shelf_of() - may that be the name of a shelf of some pool called @pool? */
bool store_is_shelf_of(const char *shelf, const char *pool);

/** store_walk() - Return: 0; -errno; what @fn returned */
int store_walk(const struct store *s, store_shelf_fn fn, void *arg) ATTR_MUST_USE;
