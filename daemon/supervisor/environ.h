#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An environment that is built by hand, name by name. Nothing is ever inherited from the
 * supervisor's own, except what environ_pass() is told to.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/pool_spec.h"

struct policy_order;

struct environ_list {
	char **item; /* owned: "NAME=value", NULL after the last */
	size_t count;
	size_t capacity;
	bool has_failed; /* out of memory; sticky */
};

void environ_init(struct environ_list *e);
void environ_deinit(struct environ_list *e);

/** environ_set() - the later value of a name replaces the earlier, in its place */
void environ_set(struct environ_list *e, const char *name, const char *value);
void environ_set_uint(struct environ_list *e, const char *name, uint64_t value);

/** environ_append() - the same without a look at those that are there: a name may come again */
void environ_append(struct environ_list *e, const char *name, const char *value);

/** environ_get() - value of a name; NULL if it is not set */
const char *environ_get(const struct environ_list *e, const char *name);

/** environ_add_scan_dir() - PHP reads the ini files of this directory after all others */
void environ_add_scan_dir(struct environ_list *e, const char *directory);

/** environ_pass() - take a variable over from our own environment, if it is there */
void environ_pass(struct environ_list *e, const char *name);

/**
 * environ_fill_lsphp() - everything that an lsphp parent gets
 * @spec: for its env.* entries
 *
 * Source: lsapi-protocol.md section 11 and trap 4: lsphp overwrites the start of its environment
 *         with its process title, hence the padding in front.
 */
void environ_fill_lsphp(
	struct environ_list *e, const struct policy_order *order, const struct pool_spec *spec);
