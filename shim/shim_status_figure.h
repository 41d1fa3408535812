#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Numbers as the status page shows them: short, and aligned below each other. Pure. */

#include <jansson.h>
#include <stdint.h>

#include "shim/shim_out.h"
#include "shim/shim_status_column.h"

/** shim_status_put_count() - 1234567 in groups of three */
void shim_status_put_count(const struct shim_out *out, uint64_t count);

/** shim_status_put_age() - "12 s", "5 min", "3 h", "2 d": enough to see what is old */
void shim_status_put_age(const struct shim_out *out, double seconds);

/** shim_status_put_bytes() - "812 kB", "1.2 GB" */
void shim_status_put_bytes(const struct shim_out *out, double bytes);

/** shim_status_put_value() - a value by its kind; a dash for one that is not there */
void shim_status_put_value(
	const struct shim_out *out, const json_t *value, enum shim_status_kind kind);
