#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The status page's table of pools. Pure. */

#include "shim/shim_status_view.h"

/** shim_status_put_pools() - heading, table, and the way to the other pages */
void shim_status_put_pools(const struct shim_out *out, const struct shim_status_view *v);
