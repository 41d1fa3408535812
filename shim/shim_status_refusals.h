#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The status page's table of requests that were refused: who, when, why, how often. Pure. */

#include "shim/shim_status_view.h"

/** shim_status_put_refusals() - the last one of each pool, and what had no pool; nothing if none */
void shim_status_put_refusals(const struct shim_out *out, const struct shim_status_view *v);
