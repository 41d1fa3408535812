#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked of the images on the disk, as a whole or of one pool: lsapid-criu does it. */

#include <stdint.h>

#include "daemon/base/attr.h"
#include "proto/priv.h"

struct supervisor;

/** images_request() - IMAGES has come. Return: 0; 1 if it is not what a manager sends */
int images_request(struct supervisor *s, uint64_t id, enum priv_images what, int name_fd);

/** images_reset() - remove those of a pool; nobody is told. Return: 0 if it has begun; -errno */
int images_reset(struct supervisor *s, const char *name) ATTR_MUST_USE;

/** images_sweep() - remove what is too old, too much or of nobody. Return: as images_reset() */
int images_sweep(struct supervisor *s) ATTR_MUST_USE;
