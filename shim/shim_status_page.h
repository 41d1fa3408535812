#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The status page as HTML: complete as it comes, for any browser. The script in it only fetches the
 * same page again. Pure: a view in, text out.
 */

#include "shim/shim_status_view.h"

/** Of the request. */
struct shim_status_frame {
	const char *host; /* as the server is called */
	const char *time; /* when this was true */
};

/** What is told where there is no document. */
struct shim_status_failure {
	const char *what;
	const char *remedy;
};

/** shim_status_put_page() - of a view */
void shim_status_put_page(const struct shim_out *out, const struct shim_status_view *v,
	const struct shim_status_frame *frame);

/** shim_status_put_failure() - lsapid could not be asked; the page comes again by itself */
void shim_status_put_failure(const struct shim_out *out, const struct shim_status_query *query,
	const struct shim_status_frame *frame, const struct shim_status_failure *failure);
