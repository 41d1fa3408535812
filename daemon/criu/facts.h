#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The "key=value" strings of JOB_FD_FACTS, each ended by a NUL: checked once, then walked. */

#include <stddef.h>

#include "daemon/base/attr.h"

struct facts {
	const char *data; /* borrowed: the buffer that was checked; NULL: none */
	size_t size;
};

/**
 * facts_parse() - check bytes of the supervisor
 * @ret_facts: views @data
 *
 * Return: 0; -EINVAL: not of this form, or more than JOB_FACTS_MAX.
 */
int facts_parse(const char *data, size_t size, struct facts *ret_facts) ATTR_MUST_USE;

/** facts_next() - @iter: NULL for the first, else what was returned last. Return: NULL at the end
 */
const char *facts_next(const struct facts *f, const char *iter);

/** facts_get() - value of @key, or NULL: facts_get(&f, "spec.handler") */
const char *facts_get(const struct facts *f, const char *key);
