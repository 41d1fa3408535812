#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the running request costs this process, for a web server that asks for it in the request.
 * Who does not ask pays nothing, and sees nothing of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/lsapi.h"

struct cost {
	bool is_asked;
	uint64_t cpu_ns; /* that had been spent when the request began */
};

/** cost_begin() - @request is about to run */
void cost_begin(struct cost *c, const struct lsapi_request *request);

/** cost_get() - since cost_begin(); @peak_bytes: of PHP's memory */
struct lsapi_usage cost_get(const struct cost *c, uint64_t peak_bytes);
