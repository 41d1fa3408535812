#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The sections of the status page besides its table of pools. Pure. */

#include "shim/shim_status_view.h"

/** shim_status_put_figures() - the host as a whole, in a few numbers */
void shim_status_put_figures(const struct shim_out *out, const struct shim_status_view *v);

/** shim_status_put_troubles() - what is wrong, each with its remedy; nothing if all is well */
void shim_status_put_troubles(const struct shim_out *out, const struct shim_status_view *v);

/** shim_status_put_requests() - those that run now, the longest first */
void shim_status_put_requests(const struct shim_out *out, const struct shim_status_view *v);

/** shim_status_put_processes() - Apache's, of the document without its pools */
void shim_status_put_processes(const struct shim_out *out, const json_t *rest);

/** shim_status_put_counters() - all that has been counted, and what was refused and why */
void shim_status_put_counters(const struct shim_out *out, const json_t *rest);
