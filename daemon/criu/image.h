#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One image of a pool. It is written beside the one that is in use and takes its place in one step:
 *
 *	manifest_begin(&builder), gather(&builder, pid, watch, count, &why), host, facts, notes
 *	                                            before the dump: files may change while it runs
 *	image_begin(&store, &pool, &image, &why)
 *	... dump into image.dir, then cold_ms and freeze_ms ...
 *	image_commit(&image, &builder, &bytes, &why)
 *	image_close(&image)                         what was not committed is removed
 *
 * and read:
 *
 *	image_find(&store, &pool, &now, &image, &why)
 *	... restore from image.dir, manifest_note(&image.manifest, "...") ...
 *	image_used(&image, ms)
 *	image_close(&image)
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/attr.h"
#include "daemon/criu/facts.h"
#include "daemon/criu/host.h"
#include "daemon/criu/manifest.h"
#include "daemon/criu/shelf.h"
#include "daemon/criu/store.h"
#include "daemon/criu/why.h"

struct image {
	struct shelf shelf;         /* owned */
	int dir;                    /* owned: its directory, locked as long as this is open */
	char name[SHELF_NAME_SIZE]; /* in its shelf */
	bool is_new;                /* begun and not committed */
	struct store_pool whose;    /* of a new one; texts borrowed: the caller's */
	struct manifest manifest;   /* of one that was found */
};

/* clang-format off */
#define IMAGE_NULL { .shelf = SHELF_NULL, .dir = -1 }
/* clang-format on */

/** What an image has to agree with. */
struct image_now {
	struct facts facts;
	const struct host *host; /* borrowed */
};

/** How it served. */
struct image_usage {
	uint64_t last_s; /* CLOCK_REALTIME; that of its making if it was never used */
	uint64_t restores;
	uint64_t restore_ms; /* of the last */
};

enum image_found {
	IMAGE_E_NONE = 1, /* there is none */
	IMAGE_E_DROPPED   /* there was one: @ret_why says why it is gone */
};

/**
 * image_begin() - a directory to write an image into
 * @pool: its texts stay as they are until image_close()
 *
 * Return: 0; -errno and @reterr in words.
 */
int image_begin(const struct store *s, const struct store_pool *pool, struct image *ret_image,
	struct why *reterr) ATTR_MUST_USE;

/**
 * image_commit() - all of it has been written: it becomes the pool's image
 * @b: what belongs to the process: gather(), facts, host, notes, cold_ms, freeze_ms. The rest is
 *     added here. Not to be used again, but for its deinit
 *
 * The one before it is removed. Whatever ends us, the old or the new one is whole.
 *
 * Return: 0; -errno and @reterr in words.
 */
int image_commit(struct image *image, struct manifest_builder *b, uint64_t *ret_bytes,
	struct why *reterr) ATTR_MUST_USE;

/**
 * image_find() - the image of @pool, if it is as good as a start
 *
 * Everything in its manifest is compared with what is; at the first difference it is removed. So it
 * is when the administrator's flag lies beside it, which is removed, too.
 *
 * Return: 0; enum image_found; -errno and @ret_why in words.
 * Source: behaviours.md B68, B70.
 */
int image_find(const struct store *s, const struct store_pool *pool, const struct image_now *now,
	struct image *ret_image, struct why *ret_why) ATTR_MUST_USE;

/** image_used() - it has been restored: it is the last that would be removed for its age */
void image_used(const struct image *image, uint32_t restore_ms);

/** image_drop() - remove one that was found: CRIU does not like it */
void image_drop(struct image *image);

/**
 * image_reset() - remove the image of this very pool, as its user wants it
 *
 * Return: 0, also if there is none; -errno and @reterr in words.
 */
int image_reset(
	const struct store *s, const struct store_pool *pool, struct why *reterr) ATTR_MUST_USE;

/**
 * image_load() - one in a shelf that is locked, as it is
 * @ret_image: without a shelf of its own; image_close() it. On failure its directory may be open
 *
 * Return: 0; 1: broken, and @ret_why; -errno.
 */
int image_load(const struct shelf *shelf, uint64_t number, struct image *ret_image,
	struct why *ret_why) ATTR_MUST_USE;

/** image_usage() - of one that was found or loaded */
void image_usage(const struct image *image, struct image_usage *ret_usage);

void image_close(struct image *image);
