#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two tiers of error: 0 is success; negative errno is forwarded unchanged and ends the operation;
 * positive values are an enum of the module and handled by its direct caller.
 */

#include "daemon/base/attr.h"

/** err_origin() - birth of a negative errno: remembers where, for one debug line */
#define err_origin(r) err_origin_at((r), __FILE__, __LINE__, __func__)
int err_origin_at(int r, const char *file, int line, const char *func) ATTR_COLD;

/** err_name() - "ENOENT" for ENOENT or -ENOENT; "E?" if unknown. Thread-safe, no locale. */
const char *err_name(int error);
