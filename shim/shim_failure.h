#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the client and the error log are told when a request fails. The wording is promised in
 * behaviours.md (B03 to B15): administrators search for it.
 */

#include "shim/shim.h"

/** shim_failure_status() - that of lsapi_error_code for @class, if there is one; else @status */
int shim_failure_status(request_rec *r, enum shim_class class, int status);

/** shim_failure_lease() - no connection: log it. Return: HTTP status */
int shim_failure_lease(request_rec *r, const struct shim_lease_failure *f);

/** shim_failure_exchange() - the exchange with a backend failed: log it. Return: HTTP status */
int shim_failure_exchange(
	const struct shim_exchange *x, const struct shim_conn *conn, enum shim_end end);

/** shim_failure_close_reason() - what the manager is told about such a connection */
enum control_close shim_failure_close_reason(enum shim_end end, bool is_unused);
