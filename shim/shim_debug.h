#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What lsapi_debug, lsapi_hostname_on_debug and lsapi_measure_time tell of a request. */

#include "shim/shim.h"

/** shim_debug_limit() - lsapi_hostname_on_debug: requests for other hosts are as without debug */
void shim_debug_limit(request_rec *r);

/** shim_debug_request() - headers of the request; secrets only by their length */
void shim_debug_request(request_rec *r);

/** shim_debug_response() - status and headers of PHP's answer */
void shim_debug_response(request_rec *r);

/** shim_debug_times() - lsapi_measure_time: one line; @status as the handler returns it */
void shim_debug_times(const struct shim_exchange *x, int status);
