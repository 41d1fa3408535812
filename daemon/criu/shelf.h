#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The directory of one pool, with its images: what is in it and what is removed, whoever else works
 * in it. See store.h for the names. Of all below, only shelf_clean() needs no lock on it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/attr.h"

#define SHELF_NAME_SIZE 48U /* of an image in it */

struct shelf {
	int dir; /* owned; locked by flock(2) until shelf_unlock() */
};

/* clang-format off */
#define SHELF_NULL { .dir = -1 }
/* clang-format on */

struct shelf_content {
	uint64_t newest; /* image.<newest> is the pool's image; 0: there is none */
	uint64_t top;    /* the highest number in use: the next is free */
	bool has_more;   /* images that are being written, older, or to be removed */
	char flag[256];  /* a regular file with "reset" in its name; "": none */
};

/**
 * shelf_open() - open and lock; waits for others, who have it for moments only
 * @store:   descriptor of the directory of all images
 * @is_made: make it if it is missing
 *
 * Return: 0; -ENOENT; -EPERM: not ours alone; other -errno.
 */
int shelf_open(int store, const char *name, bool is_made, struct shelf *ret_shelf) ATTR_MUST_USE;
int shelf_lock(const struct shelf *s) ATTR_MUST_USE;
void shelf_unlock(const struct shelf *s);
void shelf_close(struct shelf *s);

/** shelf_read() - Return: 0; -errno */
int shelf_read(const struct shelf *s, struct shelf_content *ret_content) ATTR_MUST_USE;

/** shelf_image_name() - "image.<number>" */
void shelf_image_name(uint64_t number, char out[SHELF_NAME_SIZE]);

/** shelf_open_image() - @lock: LOCK_SH or LOCK_EX. Return: descriptor; -errno */
int shelf_open_image(const struct shelf *s, const char *name, int lock) ATTR_MUST_USE;

/** shelf_make() - a directory for a new image, locked. Return: descriptor; -errno */
int shelf_make(const struct shelf *s, char ret_name[SHELF_NAME_SIZE]) ATTR_MUST_USE;

/** shelf_retire() - from now on nobody finds it; shelf_clean() removes it. Return: 0; -errno */
int shelf_retire(const struct shelf *s, const char *name);

/** shelf_retire_old() - images older than the newest, and what dead processes left unfinished */
void shelf_retire_old(const struct shelf *s);

/** shelf_remove() - the shelf itself, and logs of CRIU in it. Nothing happens if it holds more */
void shelf_remove(const struct shelf *s, int store, const char *name);

/** shelf_clean() - remove what was retired and nobody reads; the rest is left to another time */
void shelf_clean(const struct shelf *s);
