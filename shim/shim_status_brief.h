#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The host as a whole in a few figures: as lines for machines, and within mod_status's page. Pure.
 */

#include "shim/shim_status_view.h"

/** shim_status_put_lines() - "Key: value" each, in the way of mod_status's ?auto; mod_lsapi(7) */
void shim_status_put_lines(const struct shim_out *out, const struct shim_status_view *v);

/** shim_status_put_no_lines() - the one line that there is when lsapid cannot be asked */
void shim_status_put_no_lines(const struct shim_out *out);

/** shim_status_put_brief() - the same for people, as a part of another page */
void shim_status_put_brief(const struct shim_out *out, const struct shim_status_view *v);
