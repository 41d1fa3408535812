#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A store of images in a directory of its own, and beside it a "php.ini" that an image depends on.
 * What is frozen are files with a few words in them.
 */

#include "daemon/criu/image.h"

struct image_world {
	char root[64];
	char ini[96];
	struct store store;
	struct facts facts; /* env.A=secret, env.B=2, limit.nofile=1024, spec.handler=php */
};

extern const struct host image_world_host;
extern const struct store_pool image_world_pool;

/** image_world_make(), image_world_remove() - the fixture of a test */
int image_world_make(void **state);
int image_world_remove(void **state);

/** image_world_write_in() - a file with @text in it */
void image_world_write_in(int dir, const char *name, const char *text);

/** image_world_describe() - all of a manifest that is not added by image_commit() */
void image_world_describe(const struct image_world *p, struct manifest_builder *b);

/** image_world_freeze() - an image of image_world_pool; @text tells those of one test apart */
void image_world_freeze(const struct image_world *p, const char *text);

/** image_world_find() - image_find() of that pool, with the facts and the host that it had */
int image_world_find(const struct image_world *p, struct image *image, struct why *why);

/** image_world_shelf_fd() - of that pool; the caller's */
int image_world_shelf_fd(const struct image_world *p);

/** image_world_expect() - it is that which was frozen with @text */
void image_world_expect(const struct image *image, const char *text);

/** image_world_expect_dropped() - it is not found, for a reason with @expected in it; nor again */
void image_world_expect_dropped(const struct image_world *p, const char *expected);
